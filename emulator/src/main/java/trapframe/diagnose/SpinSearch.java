package trapframe.diagnose;

import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import trapframe.cpu.Cpu;
import trapframe.diagnose.flow.Round;
import trapframe.diagnose.flow.Step;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.timeline.Runner;
import trapframe.unicorn.CpuState;

/**
 * Looks whether all CPUs that execute anything spin for ever. Each one's loop is proved by itself ({@link Round}); then none of them changes what
 * another one's loop reads, so that it does not matter how their turns meet.
 */
final class SpinSearch extends Search<SpinSearch.Spin> {
    /**
     * @param rounds        one of each CPU that executes anything
     * @param interruptible whether a CPU lets interrupts in on the way
     */
    record Spin(List<Round> rounds, boolean interruptible) { }

    private final TreeMap<Integer, Spinner> spinners = new TreeMap<>();
    private boolean interrupted;

    SpinSearch(Machine machine, Runner runner, RunLimits limits) {
        super(machine, runner, limits);
        for (Cpu cpu : machine.cpus()) {
            if (cpu.canRun()) {
                spinners.put(cpu.number(), new Spinner(machine));
            }
        }
    }

    /** Whether it ended because an interrupt or exception came. */
    boolean isInterrupted() {
        return interrupted;
    }

    @Override
    Outcome<Spin> follow(int most) {
        while (goesOn(most)) {
            Optional<Step> step = tracer.step();
            if (step.isEmpty()) {
                return lost();
            }
            Spinner spinner = spinners.get(step.get().cpu());
            if (spinner == null) {
                return new NotFound<>("a CPU woke up");
            }
            if (step.get().isDelivery()) {
                interrupted = true;
                return new NotFound<>("an interrupt or exception came");
            }
            count();
            spinner.add(step.get());
            if (spinners.values().stream().allMatch(Spinner::isProved)) {
                return together();
            }
        }
        return new NotFound<>(spinners.values().stream().map(Spinner::why).filter(why -> !why.isEmpty()).findFirst()
                .orElse("no loop was found within " + most + " instructions"));
    }

    private Outcome<Spin> together() {
        for (Spinner one : spinners.values()) {
            if (one.round().isRewrittenBy(one::changes)) {
                return new NotFound<>("code or tables of a loop were changed before it");
            }
            for (Spinner other : spinners.values()) {
                if (one != other && one.round().usesAny(other::changes)) {
                    return new NotFound<>("CPUs hand something to each other");
                }
            }
        }
        List<Round> rounds = spinners.values().stream().map(Spinner::round).toList();
        boolean interruptible = rounds.stream().flatMap(round -> round.steps().stream()).anyMatch(step -> (step.flags() & CpuState.IF) != 0);
        return new Found<>(new Spin(rounds, interruptible));
    }
}
