package trapframe.diagnose;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.stream.Collectors;
import trapframe.cpu.Vector;

/** What is known of a guest that does not seem to get anywhere: a proof that it never will, by its kind, or that there is none. */
public sealed interface Verdict {
    /** The clock's position where it was found. */
    long position();

    /** Where the CPUs stand there, by number. */
    List<CpuPlace> cpus();

    /** What is known, in one line, to follow "the guest". */
    default String sentence() {
        return sentence(_ -> Optional.empty());
    }

    /**
     * The same with names.
     *
     * @param names of linear addresses of code, as far as they are known
     */
    String sentence(LongFunction<Optional<String>> names);

    /** The loops that CPUs do not leave, by the numbers of the CPUs. */
    default List<Loop> loops() {
        return List.of();
    }

    /** What changes all the same, and does not count. */
    default List<Masked> masked() {
        return List.of();
    }

    /** What will still happen, and ends nothing. */
    default List<PendingEvent> pending() {
        return List.of();
    }

    /** All CPUs wait with interrupts off, and nothing can be an NMI. */
    record DeadHalt(long position, List<CpuPlace> cpus) implements Verdict {
        @Override
        public String sentence(LongFunction<Optional<String>> names) {
            return "halted for good: interrupts are off" + places(cpus, names);
        }
    }

    /**
     * CPUs spin, and what they read never changes.
     *
     * @param loops   of the CPUs that spin, by their numbers, of each task one if several take turns; the others wait
     * @param masked  what changes all the same
     * @param pending what will still happen
     */
    record DeadSpin(long position, List<CpuPlace> cpus, List<Loop> loops, List<Masked> masked, List<PendingEvent> pending)
            implements Verdict {
        @Override
        public String sentence(LongFunction<Optional<String>> names) {
            boolean turns = loops.stream().map(Loop::cpu).distinct().count() < loops.size();
            return (turns ? "hangs: its tasks take turns and spin, and nothing can end that" : "hangs: it spins, and nothing can end that")
                    + places(cpus, names);
        }
    }

    /**
     * All CPUs wait with interrupts on, and no interrupt brings anything that changes this.
     *
     * @param period  positions from one tick to the next; empty if no interrupt will ever come
     * @param masked  what the ticks change all the same
     * @param pending what will still happen
     */
    record NoProgress(long position, List<CpuPlace> cpus, Optional<Long> period, List<Masked> masked, List<PendingEvent> pending)
            implements Verdict {
        @Override
        public String sentence(LongFunction<Optional<String>> names) {
            return (period.isEmpty() ? "halted for good: no interrupt can wake it"
                    : "makes no progress: it waits, and each tick leaves everything as it was") + places(cpus, names);
        }
    }

    /**
     * One interrupt or exception recurs without end.
     *
     * @param vector  that recurs; -1 if several have the same handler
     * @param loops   what is executed from one to the next
     * @param masked  what changes all the same
     * @param pending what will still happen
     */
    record Storm(long position, List<CpuPlace> cpus, int vector, List<Loop> loops, List<Masked> masked, List<PendingEvent> pending)
            implements Verdict {
        @Override
        public String sentence(LongFunction<Optional<String>> names) {
            return String.format(Locale.ROOT, "hangs in a storm of %s%s", name(vector), places(cpus, names));
        }
    }

    /** A fault came up during the delivery of a double fault, on the CPU of this number. */
    record TripleFault(long position, List<CpuPlace> cpus, int cpu, Optional<StackFault> stack) implements Verdict {
        @Override
        public String sentence(LongFunction<Optional<String>> names) {
            return "failed: triple fault" + (cpus.size() > 1 ? " on CPU " + cpu : "") + stack.map(fault -> ", " + fault.words()).orElse("");
        }
    }

    /** There is no proof. */
    record NotProved(long position, List<CpuPlace> cpus, String known) implements Verdict {
        @Override
        public String sentence(LongFunction<Optional<String>> names) {
            return "is not proved to hang: " + known;
        }
    }

    /**
     * What recordings call the ending of a run that is proved to get no further.
     *
     * @throws IllegalStateException if there is no proof
     */
    default String ending() {
        return switch (this) {
            case TripleFault _ -> "triple-fault";
            case DeadHalt _ -> "halted-for-good";
            case NoProgress waits when waits.period().isEmpty() -> "halted-for-good";
            case NoProgress _, DeadSpin _, Storm _ -> "hung";
            case NotProved _ -> throw new IllegalStateException("no proof: " + sentence());
        };
    }

    /** Whether this is a proof. */
    default boolean isProved() {
        return !(this instanceof NotProved);
    }

    private static String name(int vector) {
        return vector < 0 ? "interrupts" : vector < Vector.COUNT ? Vector.name(vector) : "interrupt 0x" + Integer.toHexString(vector);
    }

    private static String places(List<CpuPlace> cpus, LongFunction<Optional<String>> names) {
        boolean several = cpus.size() > 1;
        return (several ? "; " : ", ") + cpus.stream().map(place -> place.words(several, names)).collect(Collectors.joining("; "));
    }
}
