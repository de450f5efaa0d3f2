package trapframe.device.apic;

import java.util.List;
import java.util.stream.IntStream;

/** A bit for each vector, as IRR, ISR and TMR are. */
final class VectorSet {
    static final int NONE = -1;

    private final long[] words = new long[4];

    boolean contains(int vector) {
        return (words[vector >> 6] >>> vector & 1) != 0;
    }

    void set(int vector, boolean member) {
        if (member) {
            words[vector >> 6] |= 1L << vector;
        } else {
            words[vector >> 6] &= ~(1L << vector);
        }
    }

    /** The highest vector, or {@link #NONE}. */
    int highest() {
        for (int i = words.length - 1; i >= 0; i--) {
            if (words[i] != 0) {
                return i * Long.SIZE + Long.SIZE - 1 - Long.numberOfLeadingZeros(words[i]);
            }
        }
        return NONE;
    }

    /** 32 bits of the register: index 0 has the vectors 0 to 31. */
    int register(int index) {
        return (int) (words[index >> 1] >>> 32 * (index & 1));
    }

    void clear() {
        words[0] = words[1] = words[2] = words[3] = 0;
    }

    /** The vectors in a state, in rising order. */
    static List<Integer> members(List<Long> state) {
        return IntStream.range(0, Long.SIZE * state.size()).filter(vector -> (state.get(vector >> 6) >>> vector & 1) != 0).boxed().toList();
    }

    List<Long> state() {
        return List.of(words[0], words[1], words[2], words[3]);
    }

    void restore(List<Long> state) {
        for (int i = 0; i < words.length; i++) {
            words[i] = state.get(i);
        }
    }
}
