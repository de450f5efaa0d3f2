package trapframe.diagnose;

import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import trapframe.cpu.Cpu;
import trapframe.diagnose.flow.Round;
import trapframe.diagnose.flow.Step;
import trapframe.diagnose.flow.Tracer;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.timeline.Runner;
import trapframe.unicorn.CpuState;

/**
 * Looks whether all CPUs that execute anything spin for ever. Each one's loop is proved by itself ({@link Round}); then none of them changes what
 * another one's loop reads, so that it does not matter how their turns meet.
 */
final class SpinSearch {
    /** What came of a search. */
    sealed interface Outcome { }

    record Found(List<Round> rounds, boolean interruptible) implements Outcome { }

    record NotFound(String why) implements Outcome { }

    /** An interrupt or exception came. */
    record Interrupted() implements Outcome { }

    record Stopped(StopReason reason) implements Outcome { }

    private final Machine machine;
    private final RunLimits limits;
    private final Tracer tracer;
    private final TreeMap<Integer, Spinner> spinners = new TreeMap<>();

    SpinSearch(Machine machine, Runner runner, RunLimits limits) {
        this.machine = machine;
        this.limits = limits;
        tracer = new Tracer(machine, runner, limits.liveInput());
        for (Cpu cpu : machine.cpus()) {
            if (cpu.canRun()) {
                spinners.put(cpu.number(), new Spinner(machine));
            }
        }
    }

    /** How many instructions were executed. */
    int steps() {
        return spinners.values().stream().mapToInt(Spinner::executed).sum();
    }

    /** @param most instructions that may be executed */
    Outcome search(int most) {
        try (tracer) {
            return follow(most);
        }
    }

    private Outcome follow(int most) {
        for (int i = 0; i < most && machine.clock().position() < limits.position(); i++) {
            Optional<Step> step = tracer.step();
            if (step.isEmpty()) {
                return tracer.stopped().<Outcome>map(Stopped::new).orElseGet(() -> new NotFound(tracer.unknown()));
            }
            Spinner spinner = spinners.get(step.get().cpu());
            if (spinner == null) {
                return new NotFound("a CPU woke up");
            }
            if (step.get().isDelivery()) {
                return new Interrupted();
            }
            spinner.add(step.get());
            if (spinners.values().stream().allMatch(Spinner::isProved)) {
                return together();
            }
        }
        return new NotFound(spinners.values().stream().map(Spinner::why).filter(why -> !why.isEmpty()).findFirst()
                .orElse("no loop was found within " + most + " instructions"));
    }

    private Outcome together() {
        for (Spinner one : spinners.values()) {
            if (one.round().isRewrittenBy(one::changes)) {
                return new NotFound("code or tables of a loop were changed before it");
            }
            for (Spinner other : spinners.values()) {
                if (one != other && one.round().usesAny(other::changes)) {
                    return new NotFound("CPUs hand something to each other");
                }
            }
        }
        List<Round> rounds = spinners.values().stream().map(Spinner::round).toList();
        boolean interruptible = rounds.stream().flatMap(round -> round.steps().stream()).anyMatch(step -> (step.flags() & CpuState.IF) != 0);
        return new Found(rounds, interruptible);
    }
}
