package trapframe.diagnose.why;

import java.util.List;
import java.util.Optional;
import trapframe.symbols.Backtrace;
import trapframe.symbols.Frame;
import trapframe.symbols.KernelSymbols;

/**
 * The functions on a stack, from the one that runs, or would, to the one that nobody called.
 *
 * @param end why there are no more, to be read by people; empty if the last one has no caller
 */
public record Stack(List<Entry> entries, String end) {
    /**
     * A function that has not ended.
     *
     * @param interrupted whether it did not call what is above it, but was interrupted
     * @param guessed     whether it was found by a look for return addresses only
     */
    public record Entry(Place place, boolean interrupted, boolean guessed) { }

    public Stack {
        entries = List.copyOf(entries);
    }

    static Stack of(Backtrace backtrace, KernelSymbols symbols) {
        List<Frame> frames = backtrace.frames();
        return new Stack(frames.stream().map(frame -> new Entry(Place.of(frame.registers().rip(), frame.address(), symbols),
                isInterrupted(frames, frames.indexOf(frame)), frame.found() == Frame.Found.STACK_SCAN)).toList(), switch (backtrace.end()) {
                    case OUTERMOST -> "";
                    case FOREIGN_CODE -> "code that is not the kernel's";
                    case LOST -> "nothing tells who called";
                    case LIMIT -> "and more";
                });
    }

    static boolean isInterrupted(List<Frame> frames, int index) {
        return index > 0 && !frames.get(index).isCall();
    }

    /** The innermost place at which an interrupt or exception came; empty if there are only calls. */
    public Optional<Place> interrupted() {
        return entries.stream().filter(Entry::interrupted).findFirst().map(Entry::place);
    }

    /** Where it stands. */
    public Place top() {
        return entries.getFirst().place();
    }
}
