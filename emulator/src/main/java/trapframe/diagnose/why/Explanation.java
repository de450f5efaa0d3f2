package trapframe.diagnose.why;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import trapframe.diagnose.Verdict;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.tasks.KernelDescription;
import trapframe.symbols.tasks.Pool;
import trapframe.symbols.tasks.TaskReader;
import trapframe.timeline.Timeline;

/**
 * Why a guest gets no further, at a moment of its run.
 *
 * @param position the clock's
 * @param nanos    the virtual time
 * @param outcome  what is proved, or what the run ended with, in a sentence to follow "the guest"
 * @param cpus     by number
 * @param chain    who waits for whom, from one that waits to the last one that could be found
 * @param polls    CPUs that ask a device again and again
 * @param unanswered interrupts that a CPU sent to another one, which does not take them
 * @param circle   the index of the link for whose waiter the last one waits; empty if the chain is no circle
 * @param tasks    of the kernel; empty where a CPU does not wait, or nobody says how it keeps them
 * @param taskCircle the indices of tasks of which each waits for the next one, and the last one for the first
 * @param inService  interrupts that nobody has acknowledged
 * @param nesting    interrupts that came into each other
 * @param stale      the last entry of a TLB that was used although it was out of date, where no other cause was found
 * @param pools      of which the kernel has a limited number, where no other cause was found or somebody asked
 * @param failure    why the kernel gave up, if it did
 * @param lastInterrupts of CPUs that wait for one, where no other cause was found: the last one that each took, unless it waited then already
 */
public record Explanation(long position, long nanos, String outcome, List<CpuNow> cpus, List<Link> chain, OptionalInt circle, List<Polling> polls,
                          List<Unanswered> unanswered, List<TaskNow> tasks, List<Integer> taskCircle, List<InService> inService, List<Nesting> nesting,
                          Optional<Stale> stale, List<PoolHistory> pools, Optional<Failure> failure, List<Delivery> lastInterrupts) {
    public Explanation {
        cpus = List.copyOf(cpus);
        chain = List.copyOf(chain);
        polls = List.copyOf(polls);
        unanswered = List.copyOf(unanswered);
        tasks = List.copyOf(tasks);
        taskCircle = List.copyOf(taskCircle);
        inService = List.copyOf(inService);
        nesting = List.copyOf(nesting);
        pools = List.copyOf(pools);
        lastInterrupts = List.copyOf(lastInterrupts);
    }

    /**
     * Explains the moment at which a timeline stands; it stands there afterwards.
     *
     * @param symbols     of the kernel; without them addresses are all that is told
     * @param description of how the kernel keeps its tasks
     */
    public static Explanation of(Timeline timeline, Verdict verdict, Optional<KernelSymbols> symbols,
            Optional<KernelDescription> description) {
        return of(timeline, Outcome.of(verdict, _ -> Optional.empty()), symbols, description, List.of());
    }

    /**
     * The same for a run of which something else is known.
     *
     * @param asked   what to follow through the run besides
     */
    public static Explanation of(Timeline timeline, Outcome outcome, Optional<KernelSymbols> symbols,
            Optional<KernelDescription> description, List<Pool> asked) {
        try (Scene scene = new Scene(timeline, symbols, symbols.flatMap(known -> description.map(how ->
                new TaskReader(how, known))))) {
            return new Explainer(scene, outcome, asked).explain();
        }
    }
}
