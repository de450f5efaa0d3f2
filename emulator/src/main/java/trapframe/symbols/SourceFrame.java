package trapframe.symbols;

import java.util.Optional;

/**
 * A function that the code at an address belongs to, and where in the source.
 *
 * @param function its name; "?" if nothing tells it
 * @param line     what is executed, or for a function that another one was inlined into, where that is called
 * @param inlined  whether the function has no code of its own here, but was inlined into the next frame's
 */
public record SourceFrame(String function, Optional<SourceLine> line, boolean inlined) {
    /** {@code FUNCTION at FILE:LINE}. */
    @Override
    public String toString() {
        return function + line.map(at -> " at " + at).orElse("");
    }
}
