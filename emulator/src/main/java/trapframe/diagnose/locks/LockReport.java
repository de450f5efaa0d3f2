package trapframe.diagnose.locks;

import java.util.List;

/**
 * What a run says of locks.
 *
 * @param from        the position at which it began
 * @param to          and ended
 * @param locks       that were seen and proved to be locks
 * @param spinlocks   of them
 * @param taken       how often any of them was taken
 * @param predictions the gravest first
 */
public record LockReport(long from, long to, int locks, int spinlocks, long taken, List<Prediction> predictions) {
    public LockReport {
        predictions = List.copyOf(predictions);
    }
}
