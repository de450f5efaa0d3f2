package trapframe.diagnose.locks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.SourceFrame;

/** Predictions in words, with names and source lines where symbols tell them. */
public final class PredictionText {
    private static final double NANOS_PER_MILLI = 1e6;

    private final Optional<KernelSymbols> symbols;

    public PredictionText(Optional<KernelSymbols> symbols) {
        this.symbols = symbols;
    }

    /** A prediction in lines: what it is, and then where. */
    public List<String> lines(Prediction prediction) {
        List<String> lines = new ArrayList<>();
        switch (prediction) {
            case Prediction.InterruptUnsafe(Lock lock, Place inHandler, Place outside, List<Window> windows, long count) -> {
                lines.add("An interrupt may wait for ever for " + words(lock) + ": it is taken in the handler of an interrupt, and held elsewhere with "
                        + "interrupts on.");
                lines.add("  in the handler of interrupt " + inHandler.interrupt().orElse(-1) + where(inHandler));
                frames(inHandler, lines);
                lines.add("  with interrupts on" + where(outside));
                frames(outside, lines);
                Window first = windows.getFirst();
                lines.add("  an interrupt at one of these positions would show it: " + first.from() + " to " + first.to() + " on CPU " + first.cpu()
                        + (count > 1 ? ", and in " + (count - 1) + " more windows" : ""));
            }
            case Prediction.Cycle(List<Prediction.Order> orders, int onlyBy, int alike) -> {
                lines.add("These locks are taken in orders that go round in a circle" + (onlyBy >= 0 ? ", though only on stack " + onlyBy : "")
                        + ": whoever holds one may wait for ever for the next." + (alike > 1 ? " The same code does it with " + (alike - 1)
                        + (alike == 2 ? " other circle" : " other circles") + " of locks." : ""));
                for (Prediction.Order order : orders) {
                    lines.add("  " + words(order.first()) + where(order.holding()));
                    frames(order.holding(), lines);
                    lines.add("  and then " + words(order.second()) + where(order.taking()));
                    frames(order.taking(), lines);
                }
            }
            case Prediction.SleepsWithLock(Lock lock, Place taken, Place left) -> {
                lines.add("A task gives the processor up with " + words(lock) + ", and the next one goes on without releasing it.");
                both(taken, "given up", left, lines);
            }
            case Prediction.HaltsWithLock(Lock lock, Place taken, Place halt) -> {
                lines.add("HLT with " + words(lock) + ".");
                both(taken, "HLT", halt, lines);
            }
            case Prediction.InterruptsOff off -> {
                lines.add(String.format(Locale.ROOT, "Interrupts are off on CPU %d for %.3f ms from position %d on%s.", off.cpu(),
                        off.nanos() / NANOS_PER_MILLI, off.from(), off.count() > 1 ? ", the longest of " + off.count() + " times" : ""));
                lines.add("  off behind " + frame(off.begin()));
                lines.add("  on again" + where(off.end()));
                frames(off.end(), lines);
            }
        }
        return lines;
    }

    private void both(Place taken, String what, Place then, List<String> lines) {
        lines.add("  taken" + where(taken));
        frames(taken, lines);
        lines.add("  " + what + where(then));
        frames(then, lines);
    }

    /** A lock's name, or the physical address of its cell. */
    public String name(Lock lock) {
        return symbols.flatMap(known -> known.describe(lock.linear())).orElse("0x" + Long.toHexString(lock.address()));
    }

    private String words(Lock lock) {
        String kind = switch (lock.shape()) {
            case TICKET -> "ticket lock";
            case TEST_AND_SET -> lock.isSpinlock() ? "spinlock" : "lock";
            case OWNER, GUARDED_OWNER -> "mutex";
        };
        return name(lock) + " (" + kind + " at 0x" + Long.toHexString(lock.address()) + ", taken " + lock.taken() + (lock.taken() == 1 ? " time)"
                : " times)");
    }

    private static String where(Place place) {
        return ", at position " + place.position() + " on CPU " + place.cpu() + ", stack " + place.context() + ":";
    }

    private void frames(Place place, List<String> lines) {
        int number = 0;
        for (String frame : frames(place)) {
            lines.add("    #" + number++ + " " + frame);
        }
    }

    /** The functions that had not ended, the innermost first, those among them that were inlined too, with source lines as far as they are known. */
    public List<String> frames(Place place) {
        return place.backtrace().stream().flatMap(address -> {
            List<SourceFrame> frames = symbols.map(known -> known.lineAt(address)).orElse(List.of());
            return frames.isEmpty() ? Stream.of(frame(address)) : frames.stream().map(SourceFrame::toString);
        }).toList();
    }

    /** A function and its source line, as far as they are known. */
    public String frame(long address) {
        List<SourceFrame> frames = symbols.map(known -> known.lineAt(address)).orElse(List.of());
        return frames.isEmpty() ? "0x" + Long.toHexString(address) : frames.getFirst().toString();
    }
}
