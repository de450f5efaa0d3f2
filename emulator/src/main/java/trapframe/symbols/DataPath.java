package trapframe.symbols;

import java.util.List;

/**
 * What the debug information has at an address of data: a variable, the member in it, the member in that, and so on.
 *
 * @param parts the variable first, the innermost part last
 */
public record DataPath(List<Part> parts) {
    /**
     * A part of a variable, or the variable.
     *
     * @param name as C writes it: {@code accounts[1].mutex.owner}
     */
    public record Part(String name, Type type, long address) { }

    /** The name of the innermost part. */
    @Override
    public String toString() {
        return parts.getLast().name();
    }
}
