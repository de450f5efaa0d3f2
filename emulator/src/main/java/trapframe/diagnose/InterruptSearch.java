package trapframe.diagnose;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import trapframe.cpu.Cpu;
import trapframe.cpu.Vector;
import trapframe.device.apic.LocalApic;
import trapframe.diagnose.flow.Round;
import trapframe.diagnose.flow.Step;
import trapframe.diagnose.flow.Tracer;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.timeline.Runner;
import trapframe.unicorn.CpuState;

/**
 * Looks whether one interrupt or exception comes again and again because its handler returns to what raised it.
 *
 * <p>A round goes from one delivery to the next at the same place. It is followed as a loop is ({@link Round}). What the machine is besides, the
 * devices' states, the segments and control registers, the interrupted place, is compared at both ends ({@link Scene}).
 */
final class InterruptSearch extends Search<InterruptSearch.Repetition> {
    /**
     * @param round  from one delivery to the next
     * @param vector what is delivered
     * @param open   whether the CPU let interrupts in on the way
     * @param ranks  whether the CPU's local APIC hands the vector over each time that interrupts are let in, so that lower ones wait
     */
    record Repetition(Round round, int vector, boolean open, boolean ranks) {
        /**
         * Whether what raises it does so again. A page fault depends on registers and page tables, of which none varies; for other exceptions
         * nothing at all may vary; an interrupt's line is as it was.
         */
        boolean isRepeated() {
            return vector >= Vector.COUNT || round.varying().stream().noneMatch(varying -> varying.register() >= 0 || vector != Vector.PAGE_FAULT);
        }
    }

    private final List<Step> steps = new ArrayList<>();
    private Scene begin;
    private int visits;

    InterruptSearch(Machine machine, Runner runner, RunLimits limits) {
        super(machine, runner, limits);
    }

    @Override
    Outcome<Repetition> follow(int most) {
        Optional<Step> step = tracer.nextDelivery(limits.position());
        while (goesOn(most)) {
            if (step.isEmpty()) {
                return lost();
            }
            count();
            if (!steps.isEmpty() && step.get().cpu() != steps.getFirst().cpu()) {
                return new NotFound<>("interrupts come to several CPUs");
            }
            if (step.get().isDelivery()) {
                Optional<Outcome<Repetition>> outcome = delivered(step.get());
                if (outcome.isPresent()) {
                    return outcome.get();
                }
            }
            steps.add(step.get());
            step = tracer.step();
        }
        return new NotFound<>("no interrupt came again at the same place within " + most + " instructions");
    }

    /** The first round is not looked at: in it the processor may still set flags in page tables. */
    private Optional<Outcome<Repetition>> delivered(Step delivery) {
        if (begin != null && (delivery.rip() != begin.rip() || delivery.registers()[CpuState.RSP] != begin.rsp())) {
            return Optional.empty();
        }
        Scene here = Scene.of(machine, delivery);
        if (visits++ == 0 || visits == 2) {
            steps.clear();
            begin = here;
            return Optional.empty();
        }
        Optional<String> difference = begin.difference(here, false);
        if (difference.isPresent()) {
            return Optional.of(new NotFound<>(difference.get()));
        }
        Cpu cpu = machine.cpus().get(delivery.cpu());
        List<Round.Bytes> tables = new ArrayList<>(Gates.tables(cpu));
        tables.addAll(Gates.taskState(cpu));
        return Optional.of(switch (Round.examine(steps, machine, new Round.Surrounded(true, Map.of(), Map.of(), List.of(), tables))) {
            case Round.Proved(Round round) -> {
                int vector = Gates.vector(begin, here, cpu);
                yield new Found<>(new Repetition(round, vector, here.frame().lets() || isOpen(), !isOpen() && ranks(vector)));
            }
            case Round.Refused(String why) -> new NotFound<>(why);
        });
    }

    private boolean isOpen() {
        return steps.stream().anyMatch(step -> (step.flags() & CpuState.IF) != 0);
    }

    /** A round that ends one interrupt at the local APIC, and has as many in service behind it as before it, was given one by it: the highest one. */
    private boolean ranks(int vector) {
        List<Integer> inService = machine.deviceStates().stream().map(Machine.DeviceState::state).filter(LocalApic.State.class::isInstance)
                .map(LocalApic.State.class::cast).toList().get(steps.getFirst().cpu()).inService();
        return steps.stream().filter(Tracer::endsInterrupt).count() == 1 && !inService.isEmpty() && inService.getLast() == vector;
    }
}
