package trapframe.tools.stages;

/**
 * Something that is wrong in a file of stages.
 *
 * @param line from 1 on; 0 for the whole file
 */
public record Problem(int line, String message) implements Comparable<Problem> {
    @Override
    public int compareTo(Problem other) {
        return Integer.compare(line, other.line);
    }

    /** As people write it behind the file's name: {@code 12: unknown key}. */
    @Override
    public String toString() {
        return (line == 0 ? "" : line + ": ") + message;
    }
}
