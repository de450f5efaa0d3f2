package trapframe.diagnose.why;

import java.util.List;
import java.util.Optional;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.SourceFrame;
import trapframe.symbols.SourceLine;

/**
 * A place in the code.
 *
 * @param address linear, of an instruction
 * @param symbol  with an offset, if a symbol is known
 * @param source  the functions that the code belongs to, with lines, the innermost inlined one first; empty without symbols
 */
public record Place(long address, Optional<String> symbol, List<SourceFrame> source) {
    public Place {
        source = List.copyOf(source);
    }

    /**
     * Code that is not the kernel's has no names.
     *
     * @param named the address to ask for names and lines: that of the instruction itself
     */
    static Place of(long address, long named, KernelSymbols symbols) {
        return symbols.isCode(named) ? new Place(address, symbols.describe(address), symbols.lineAt(named)) : new Place(address, Optional.empty(), List.of());
    }

    /** The function, the innermost one if some were inlined; empty without symbols. */
    public Optional<String> function() {
        return source.stream().findFirst().map(SourceFrame::function);
    }

    /** The line of the innermost function. */
    public Optional<SourceLine> line() {
        return source.stream().findFirst().flatMap(SourceFrame::line);
    }

    /** The same of the function that is no inlined one. */
    public String outermost() {
        return source.isEmpty() ? toString() : words(source.getLast());
    }

    /** {@code FUNCTION (FILE:LINE)}, or as much of it as is known, or the address. */
    @Override
    public String toString() {
        return source.stream().findFirst().map(Place::words).or(() -> symbol).orElse("0x" + Long.toHexString(address));
    }

    static String words(SourceFrame frame) {
        return frame.function() + frame.line().map(line -> " (" + line + ")").orElse("");
    }
}
