package trapframe.diagnose.why;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import trapframe.diagnose.Verdict;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.tasks.KernelDescription;
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
 * @param circle   the index of the link for whose waiter the last one waits; empty if the chain is no circle
 */
public record Explanation(long position, long nanos, String outcome, List<CpuNow> cpus, List<Link> chain, OptionalInt circle) {
    public Explanation {
        cpus = List.copyOf(cpus);
        chain = List.copyOf(chain);
    }

    /**
     * Explains the moment at which a timeline stands; it stands there afterwards.
     *
     * @param symbols     of the kernel; without them addresses are all that is told
     * @param description of how the kernel keeps its tasks
     */
    public static Explanation of(Timeline timeline, Verdict verdict, Optional<KernelSymbols> symbols,
            Optional<KernelDescription> description) {
        return of(timeline, verdict.sentence(), symbols, description);
    }

    /**
     * The same for a run of which something else is known.
     *
     * @param outcome a sentence to follow "the guest"
     */
    public static Explanation of(Timeline timeline, String outcome, Optional<KernelSymbols> symbols,
            Optional<KernelDescription> description) {
        try (Scene scene = new Scene(timeline, symbols, symbols.flatMap(known -> description.map(how ->
                new TaskReader(how, known))))) {
            return new Explainer(scene, outcome).explain();
        }
    }
}
