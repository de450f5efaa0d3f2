package trapframe.diagnose;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import trapframe.cpu.Cpu;
import trapframe.diagnose.flow.Access;
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
            for (Spinner other : spinners.values()) {
                if (one != other && other.changesWhatIsUsedBy(one.round())) {
                    return new NotFound("CPUs hand something to each other");
                }
            }
        }
        List<Round> rounds = spinners.values().stream().map(Spinner::round).toList();
        boolean interruptible = rounds.stream().flatMap(round -> round.steps().stream()).anyMatch(step -> (step.flags() & CpuState.IF) != 0);
        return new Found(rounds, interruptible);
    }

    /** What one CPU does. */
    private static final class Spinner {
        /** After so many instructions the loop may have been entered: what comes back then is another instruction. */
        private static final int FIRST_ANCHOR_LIFE = 64;

        private final Machine machine;
        private final List<Step> steps = new ArrayList<>();
        /** Stores that changed something since the search began. */
        private final List<Access> changes = new ArrayList<>();
        private int anchor;
        private int nextAnchor = FIRST_ANCHOR_LIFE;
        private int visits;
        private int begin;
        private int executed;
        private Optional<Round> round = Optional.empty();
        private String why = "";

        Spinner(Machine machine) {
            this.machine = machine;
        }

        int executed() {
            return executed;
        }

        boolean isProved() {
            return round.isPresent();
        }

        Round round() {
            return round.orElseThrow();
        }

        String why() {
            return why;
        }

        void add(Step step) {
            executed++;
            step.accesses().stream().filter(Access::changed).forEach(changes::add);
            if (isProved()) {
                return;
            }
            steps.add(step);
            Step first = steps.get(anchor);
            Cpu cpu = machine.cpus().get(step.cpu());
            if (cpu.state().linearRip() == first.rip() && cpu.state().register(CpuState.RSP) == first.registers()[CpuState.RSP]) {
                visit();
            } else if (steps.size() == nextAnchor) {
                anchor = steps.size() - 1;
                nextAnchor *= 4;
                visits = 0;
            }
        }

        /** The CPU is at the anchor again. The first round is not looked at: in it the processor may still set flags in page tables. */
        private void visit() {
            visits++;
            if (visits == 1) {
                begin = steps.size();
            } else if (Integer.bitCount(visits - 1) == 1 || visits < 8) {
                switch (Round.examine(steps.subList(begin, steps.size()), machine)) {
                    case Round.Proved(Round proved) -> round = Optional.of(proved);
                    case Round.Refused(String reason) -> why = reason;
                }
            }
        }

        boolean changesWhatIsUsedBy(Round other) {
            for (Step step : other.steps()) {
                for (Access access : step.accesses()) {
                    if (changes(access.physical(), access.bytes())) {
                        return true;
                    }
                }
            }
            return other.fixed().stream().anyMatch(bytes -> changes(bytes.physical(), bytes.length()));
        }

        private boolean changes(long physical, long bytes) {
            return round().changes(physical, bytes) || changes.stream().anyMatch(access -> access.overlaps(physical, bytes));
        }
    }
}
