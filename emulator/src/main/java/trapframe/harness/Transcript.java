package trapframe.harness;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Everything that a guest wrote to its console, byte for byte, as UTF-8 where it is looked at as text. */
public final class Transcript {
    private static final int FIRST_CAPACITY = 4096;

    private byte[] bytes = new byte[FIRST_CAPACITY];
    private int length;

    public Transcript() { }

    /** Text that goes its own way from here. */
    Transcript copy() {
        Transcript copy = new Transcript();
        copy.bytes = Arrays.copyOf(bytes, Math.max(length, FIRST_CAPACITY));
        copy.length = length;
        return copy;
    }

    void append(byte value) {
        if (length == bytes.length) {
            bytes = Arrays.copyOf(bytes, 2 * length);
        }
        bytes[length++] = value;
    }

    /** How many bytes there are. */
    public int length() {
        return length;
    }

    byte at(int index) {
        return bytes[index];
    }

    /** Where the line begins that a byte belongs to, or some way before the byte if the line is longer than that. */
    int lineStart(int index, int most) {
        int start = index;
        while (start > 0 && index - start < most && bytes[start - 1] != '\n') {
            start--;
        }
        return start;
    }

    /** What was written from one byte on up to another one. */
    public String text(int from, int to) {
        return new String(bytes, from, Math.max(0, to - from), StandardCharsets.UTF_8);
    }

    /** All of it. */
    public String text() {
        return text(0, length);
    }

    /** The lines, without their ends; the last one may be unfinished. */
    public List<String> lines() {
        return text().lines().toList();
    }
}
