package trapframe.diagnose;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** What is known of a guest that does not seem to get anywhere: a proof that it never will, by its kind, or that there is none. */
public sealed interface Verdict {
    /** The clock's position where it was found. */
    long position();

    /** Where the CPUs stand there, by number. */
    List<CpuPlace> cpus();

    /** What is known, in one line, to follow "the guest". */
    String sentence();

    /** All CPUs wait with interrupts off, and nothing can be an NMI. */
    record DeadHalt(long position, List<CpuPlace> cpus) implements Verdict {
        @Override
        public String sentence() {
            return "halted for good, with interrupts off" + places(cpus);
        }
    }

    /**
     * CPUs spin, and what they read never changes.
     *
     * @param loops   of the CPUs that spin, by their numbers; the others wait
     * @param masked  what changes all the same
     * @param pending what will still happen
     */
    record DeadSpin(long position, List<CpuPlace> cpus, List<Loop> loops, List<Masked> masked, List<PendingEvent> pending)
            implements Verdict {
        @Override
        public String sentence() {
            return "hangs in a spin" + places(cpus);
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
        public String sentence() {
            return "makes no progress: all CPUs wait, and " + (period.isEmpty() ? "no interrupt can come"
                    : "every tick leaves everything as it was") + places(cpus);
        }
    }

    /**
     * One interrupt or exception recurs without end.
     *
     * @param vector  that recurs
     * @param loops   what is executed from one to the next
     * @param masked  what changes all the same
     * @param pending what will still happen
     */
    record Storm(long position, List<CpuPlace> cpus, int vector, List<Loop> loops, List<Masked> masked, List<PendingEvent> pending)
            implements Verdict {
        @Override
        public String sentence() {
            return String.format(Locale.ROOT, "hangs in a storm of vector %d%s", vector, places(cpus));
        }
    }

    /** A fault came up during the delivery of a double fault, on the CPU of this number. */
    record TripleFault(long position, List<CpuPlace> cpus, int cpu, Optional<StackFault> stack) implements Verdict {
        @Override
        public String sentence() {
            return "failed: triple fault" + (cpus.size() > 1 ? " on CPU " + cpu : "") + stack.map(fault -> ", " + fault.words()).orElse("");
        }
    }

    /** There is no proof. */
    record NotProved(long position, List<CpuPlace> cpus, String known) implements Verdict {
        @Override
        public String sentence() {
            return "is not proved to hang: " + known;
        }
    }

    /** Whether this is a proof. */
    default boolean isProved() {
        return !(this instanceof NotProved);
    }

    private static String places(List<CpuPlace> cpus) {
        boolean several = cpus.size() > 1;
        return (several ? "; " : ", ") + cpus.stream().map(place -> place.words(several)).collect(Collectors.joining("; "));
    }
}
