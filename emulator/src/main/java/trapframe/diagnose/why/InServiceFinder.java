package trapframe.diagnose.why;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import trapframe.capstone.DecodedInstruction;
import trapframe.cpu.Cpu;
import trapframe.cpu.Observation;
import trapframe.symbols.Frame;
import trapframe.symbols.FrameRegisters;
import trapframe.symbols.Symbol;
import trapframe.timeline.Moment;
import trapframe.timeline.Stop;
import trapframe.unicorn.CpuState;

/** Finds interrupts that nobody has acknowledged, and the way of the handler on which that was left out. */
final class InServiceFinder {
    /** The ports and the register that take an end of interrupt (8259A, OCW2; SDM vol. 3A, table 11-1). */
    private static final int MASTER = 0x20;
    private static final int SLAVE = 0xa0;
    private static final long APIC_EOI = 0xfee0_00b0L;
    /** Instructions of a handler that are looked at. */
    private static final int MOST_STEPS = 50_000;

    private final Scene scene;
    private final Moment now;
    private final Moment settled;

    InServiceFinder(Scene scene, Moment now, Moment settled) {
        this.scene = scene;
        this.now = now;
        this.settled = settled;
    }

    /**
     * An interrupt in service.
     *
     * @param cpu whose local APIC has it; empty if an 8259 has
     */
    private record Bit(String controller, int vector, OptionalInt cpu) { }

    List<InService> find(List<CpuNow> cpus) {
        List<InService> found = new ArrayList<>();
        for (Bit bit : bits(cpus)) {
            find(bit).ifPresent(found::add);
        }
        scene.timeline().goTo(now);
        return List.copyOf(found);
    }

    private static List<Bit> bits(List<CpuNow> cpus) {
        List<Bit> bits = new ArrayList<>();
        for (CpuNow cpu : cpus) {
            cpu.interrupts().chips().forEach(chip -> IntStream.range(0, InterruptState.Chip.INPUTS).filter(input -> (chip.isr() >>> input & 1) != 0)
                    .forEach(input -> bits.add(new Bit(chip.words(), chip.vector() + input, OptionalInt.empty()))));
            cpu.interrupts().apic().ifPresent(apic -> apic.inService().forEach(vector -> bits.add(new Bit("the local APIC of CPU " + cpu.cpu(), vector,
                    OptionalInt.of(cpu.cpu())))));
        }
        return bits;
    }

    /** One run of the handler: where it began, and what it goes back to. */
    private record Service(Moment begin, int cpu, FrameRegisters interrupted) { }

    private Optional<InService> find(Bit bit) {
        if (begins(bit)) {
            return Optional.empty();
        }
        Optional<Service> last = service(bit, settled);
        Optional<Long> left = last.flatMap(service -> end(service));
        if (left.isEmpty()) {
            return Optional.empty();
        }
        Optional<Delivery> taken = new Deliveries(scene).of(last.get().interrupted, last.get().cpu, last.get().begin);
        if (taken.isEmpty()) {
            return Optional.empty();
        }
        List<Step> way = way(last.get());
        Optional<Event> usual = Optional.empty();
        Optional<Event> branch = Optional.empty();
        Optional<Service> before = service(bit, last.get().begin);
        if (before.isPresent()) {
            List<Step> good = way(before.get());
            Optional<Step> end = good.stream().filter(Step::acknowledges).findFirst();
            usual = end.map(step -> event(step.moment, before.get().cpu));
            branch = end.flatMap(step -> branch(step, good, way, before.get(), last.get()));
        }
        return Optional.of(new InService(bit.controller, bit.vector, taken.get(), left.get(), branch, usual));
    }

    private Event event(Moment moment, int cpu) {
        scene.timeline().goTo(moment);
        return scene.event(cpu);
    }

    /** Whether the interrupt has just been taken, and its handler is to execute its first instruction. */
    private boolean begins(Bit bit) {
        scene.timeline().goTo(now);
        Cpu cpu = scene.cpu(bit.cpu.orElse(0));
        return cpu.state().linearRip() == handler(bit);
    }

    private long handler(Bit bit) {
        Cpu cpu = scene.cpu(bit.cpu.orElse(0));
        return Deliveries.handler(cpu, cpu.snapshot(), bit.vector);
    }

    /** The last run of an interrupt's handler before a moment. */
    private Optional<Service> service(Bit bit, Moment before) {
        scene.timeline().goTo(before);
        long handler = handler(bit);
        return new History(scene).lastAt(handler, before, machine -> bit.cpu.isEmpty() || machine.cpuOnTurn().number() == bit.cpu.getAsInt()).map(begin -> {
            Cpu cpu = scene.machine().cpuOnTurn();
            return new Service(begin, cpu.number(), Deliveries.interrupted(cpu));
        });
    }

    /** Where it went back to what it interrupted; empty if it has not. */
    private Optional<Long> end(Service service) {
        scene.timeline().goTo(service.begin);
        scene.timeline().observe(new Observation(new long[] {service.interrupted.rip()}, List.of(), false), machine ->
                machine.cpuOnTurn().number() == service.cpu && machine.cpuOnTurn().state().register(CpuState.RSP) == service.interrupted.rsp());
        boolean ended = scene.timeline().run(settled.position() + 1) instanceof Stop.Breakpoint;
        long position = scene.position();
        scene.timeline().observe(Observation.NONE);
        return ended ? Optional.of(position) : Optional.empty();
    }

    /**
     * An instruction of a handler.
     *
     * @param acknowledges whether it tells the controller that the interrupt is over
     */
    private record Step(Moment moment, long address, long function, boolean acknowledges) { }

    /** The instructions from the first one of a handler on. */
    private List<Step> way(Service service) {
        scene.timeline().goTo(service.begin);
        Cpu cpu = scene.cpu(service.cpu);
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < MOST_STEPS; i++) {
            long rip = cpu.state().linearRip();
            if (rip == service.interrupted.rip() && cpu.state().register(CpuState.RSP) == service.interrupted.rsp()) {
                break;
            }
            steps.add(new Step(scene.timeline().now(), rip, scene.symbols().symbolAt(rip).map(Symbol::address).orElse(0L), acknowledges(cpu)));
            if (!(scene.timeline().step(OptionalInt.of(service.cpu)) instanceof Stop.Step)) {
                break;
            }
        }
        return steps;
    }

    private boolean acknowledges(Cpu cpu) {
        Optional<DecodedInstruction> instruction = scene.instruction(cpu);
        if (instruction.isEmpty()) {
            return false;
        }
        if (instruction.get().operation().equals("out")) {
            // OUT imm8 or OUT DX (SDM vol. 2B); bit 5 of OCW2 is EOI.
            boolean isImmediate = instruction.get().length() == 2;
            long port = isImmediate ? Scene.number(cpu, instruction.get().address() + 1, 1).orElse(0) : cpu.state().register(CpuState.RDX) & 0xffff;
            return (port == MASTER || port == SLAVE) && (cpu.state().register(CpuState.RAX) & 0x38) == 0x20;
        }
        return instruction.get().memory().filter(memory -> instruction.get().operation().equals("mov") && memory.writes())
                .filter(memory -> cpu.physical(Scene.address(instruction.get(), memory, cpu.snapshot()))
                        .equals(OptionalLong.of(APIC_EOI))).isPresent();
    }

    /**
     * The last instruction that the function that acknowledges the interrupt, or the innermost of its callers that the handler came to this
     * time as well, executed as it did the time before.
     */
    private Optional<Event> branch(Step end, List<Step> good, List<Step> bad, Service before, Service last) {
        scene.timeline().goTo(end.moment);
        for (Frame frame : scene.backtrace(scene.cpu(before.cpu)).frames()) {
            long function = scene.symbols().symbolAt(frame.address()).map(Symbol::address).orElse(0L);
            List<Step> usual = good.stream().filter(step -> step.function == function).toList();
            List<Step> other = bad.stream().filter(step -> step.function == function).toList();
            if (function != 0 && !other.isEmpty()) {
                int same = 0;
                while (same < Math.min(usual.size(), other.size()) && usual.get(same).address == other.get(same).address) {
                    same++;
                }
                return same == 0 ? Optional.empty() : Optional.of(event(other.get(same - 1).moment, last.cpu));
            }
        }
        return Optional.empty();
    }
}
