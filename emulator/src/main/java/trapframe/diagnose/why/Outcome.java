package trapframe.diagnose.why;

import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;
import trapframe.diagnose.Loop;
import trapframe.diagnose.Verdict;

/**
 * What a run came to.
 *
 * @param words in a sentence to follow "the guest"
 * @param loops of which it is proved that CPUs do not leave them
 */
public record Outcome(String words, List<Loop> loops) {
    public Outcome {
        loops = List.copyOf(loops);
    }

    /** @param names of linear addresses of code, as far as they are known */
    public static Outcome of(Verdict verdict, LongFunction<Optional<String>> names) {
        return new Outcome(verdict.sentence(names), verdict.loops());
    }
}
