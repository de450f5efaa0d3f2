package trapframe.symbols;

/**
 * A place in a source file.
 *
 * @param file   its path as the compiler wrote it down
 * @param line   from 1; 0 for code that belongs to no line
 * @param column from 1; 0 if the compiler did not say
 */
public record SourceLine(String file, int line, int column) {
    /** {@code FILE:LINE}. */
    @Override
    public String toString() {
        return file + ":" + (line == 0 ? "?" : line);
    }
}
