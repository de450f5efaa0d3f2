package trapframe.explore;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.LongConsumer;
import trapframe.console.TextMatcher;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.timeline.Input;
import trapframe.timeline.Runner;

/**
 * Goes with the run to which nothing comes, and notes where its places are, and checkpoints at marks ({@link Machine#MARK}) on its way. The run is the one
 * that it would be without.
 */
final class Scout implements Runner {
    /** More checkpoints than this are thinned out. */
    private static final int MOST_CHECKPOINTS = 512;

    private record SoughtText(Point.Text text, TextMatcher matcher) { }

    private static final class SoughtSymbol {
        private final Point.Symbol symbol;
        /** How often the run came there. */
        private int times;

        SoughtSymbol(Point.Symbol symbol) {
            this.symbol = symbol;
        }
    }

    private final Bench bench;
    private final Runner runner;
    /** Those that the run did not come to yet. */
    private final List<SoughtText> texts = new ArrayList<>();
    private final List<SoughtSymbol> symbols = new ArrayList<>();
    private final Map<Point, Long> found = new HashMap<>();
    /** Of which the last character was just shown. */
    private final List<Point.Text> shown = new ArrayList<>();
    private final List<Checkpoint> checkpoints = new ArrayList<>();
    private final LongConsumer marks;
    private long step = Machine.MARK;
    private Checkpoint uninterrupted;

    /**
     * Goes with a bench from where that is.
     *
     * @param places that are noted
     * @param marks  hears of the position of each mark
     */
    Scout(Bench bench, List<Point> places, LongConsumer marks) {
        this.bench = bench;
        this.marks = marks;
        runner = bench.runner();
        for (Point place : places) {
            switch (place) {
                case Point.Position(long position) -> found.put(place, position);
                case Point.Text text -> texts.add(new SoughtText(text, new TextMatcher(text.text())));
                case Point.Symbol symbol -> symbols.add(new SoughtSymbol(symbol));
            }
        }
        uninterrupted = bench.checkpoint();
        checkpoints.add(uninterrupted);
        bench.accompany(this, this::show);
        observe();
    }

    private boolean show(int value) {
        texts.stream().filter(sought -> sought.matcher.accept((byte) value)).forEach(sought -> shown.add(sought.text));
        return !shown.isEmpty();
    }

    private void observe() {
        bench.observe(symbols.stream().mapToLong(sought -> sought.symbol.address()), bench.machine().observation().deliveries());
    }

    @Override
    public StopReason run(RunLimits limits) {
        StopReason reason;
        do {
            reason = runner.run(limits);
        } while (isForPlacesAlone(reason));
        if (reason instanceof StopReason.PositionLimit && limits.position() % Machine.MARK == 0) {
            passMark(limits.position());
        }
        return reason;
    }

    @Override
    public void apply(Input input) {
        runner.apply(input);
    }

    private boolean isForPlacesAlone(StopReason reason) {
        boolean isText = !shown.isEmpty();
        shown.forEach(text -> found.putIfAbsent(text, bench.position()));
        shown.clear();
        texts.removeIf(sought -> found.containsKey(sought.text));
        return switch (reason) {
            case StopReason.Interrupted() -> isText && bench.seen().isEmpty();
            case StopReason.Breakpoint(int _, long address) -> {
                comeTo(address);
                yield !bench.hasToCome(address);
            }
            default -> false;
        };
    }

    private void comeTo(long address) {
        for (SoughtSymbol sought : symbols) {
            if (sought.symbol.address() == address && ++sought.times == sought.symbol.times()) {
                found.put(sought.symbol, bench.position());
            }
        }
        if (symbols.removeIf(sought -> found.containsKey(sought.symbol))) {
            observe();
        }
        if (!bench.hasToCome(address)) {
            bench.machine().pass();
        }
    }

    private void passMark(long mark) {
        marks.accept(mark);
        Checkpoint here = bench.checkpoint();
        if (!isInterrupted()) {
            uninterrupted = here;
        }
        if (mark % step == 0) {
            checkpoints.add(here);
        }
        if (checkpoints.size() > MOST_CHECKPOINTS) {
            for (int i = checkpoints.size() - 2; i > 0; i -= 2) {
                checkpoints.remove(i);
            }
            step *= 2;
        }
    }

    private boolean isInterrupted() {
        return bench.machine().cpus().stream().anyMatch(cpu -> cpu.counts().interrupts() > 0);
    }

    /** The places that the run came to, and the positions that were said to be some. */
    Map<Point, Long> found() {
        return Collections.unmodifiableMap(found);
    }

    /** The first one is where the run begins. */
    List<Checkpoint> checkpoints() {
        return List.copyOf(checkpoints);
    }

    /**
     * Where the first interrupt was taken, or where the run begins if that was before; empty if none was. The run is over then, and the bench
     * anywhere.
     */
    OptionalLong firstInterrupt() {
        if (!isInterrupted()) {
            return OptionalLong.empty();
        }
        long end = bench.position();
        bench.accompany(runner, _ -> false);
        bench.restore(uninterrupted);
        bench.observe(true);
        StopReason reason = new StopReason.Delivered(0);
        while (reason instanceof StopReason.Delivered && !isInterrupted()) {
            reason = bench.run(end + 1);
        }
        return OptionalLong.of(bench.position());
    }
}
