package trapframe.tools;

import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.timeline.Input;
import trapframe.timeline.Runner;

/** Says how far a run is that shows nothing else for long: after ten seconds of the host's time, then after twenty, forty, and so on. */
final class LongRun {
    private static final long FIRST_NANOS = 10_000_000_000L;

    private final String what;
    private final LongSupplier nanos;
    private final Consumer<String> out;
    private final long start;
    private long quietSince;
    private long wait = FIRST_NANOS;

    /** @param what the run is, or does */
    LongRun(String what) {
        this(what, System::nanoTime, Say::line);
    }

    /** @param nanos the host's time */
    LongRun(String what, LongSupplier nanos, Consumer<String> out) {
        this.what = what;
        this.nanos = nanos;
        this.out = out;
        start = nanos.getAsLong();
        quietSince = start;
    }

    /** The run showed something: from now on it is quiet anew. */
    void shown() {
        quietSince = nanos.getAsLong();
        wait = FIRST_NANOS;
    }

    /**
     * Where the run is.
     *
     * @param limit the position at which it is given up; {@code Long.MAX_VALUE} if it is not
     * @param known what else is known of it; empty if nothing is
     */
    void at(long position, long limit, Supplier<String> known) {
        long now = nanos.getAsLong();
        if (now - quietSince < wait) {
            return;
        }
        wait *= 2;
        double rate = position / ((now - start) / 1e9);
        boolean isLimited = limit < Long.MAX_VALUE;
        String more = known.get();
        out.accept(String.format(Locale.ROOT, "%s: position %d%s, %.1f million a second%s%s", what, position, isLimited ? " of at most " + limit : "", rate / 1e6,
                isLimited && rate > 0 ? String.format(Locale.ROOT, ", %.0f s left at most", (limit - position) / rate) : "", more.isEmpty() ? "" : "; " + more));
    }

    /** Runs a machine as another one does, and says how far it is. */
    Runner with(Runner runner, Machine machine, long limit, Supplier<String> known) {
        return new Runner() {
            @Override
            public StopReason run(RunLimits limits) {
                StopReason reason = runner.run(limits);
                at(machine.clock().position(), limit, known);
                return reason;
            }

            @Override
            public void apply(Input input) {
                runner.apply(input);
            }
        };
    }
}
