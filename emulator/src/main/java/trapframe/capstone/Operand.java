package trapframe.capstone;

import java.util.Optional;

/** What an instruction names to work on, in the order of Intel syntax. Registers have their names in lower case. */
public sealed interface Operand {
    /** Bytes. */
    int size();

    /** A register. */
    record Register(String name, int size) implements Operand { }

    /** A number in the instruction itself. */
    record Immediate(long value, int size) implements Operand { }

    /**
     * Memory at segment : base + index * scale + displacement. LEA has such an operand too, and does not touch the memory.
     *
     * @param segment the register, if the instruction overrides the usual one
     * @param scale   1, 2, 4 or 8
     * @param reads   whether the instruction reads it, as the library knows it
     * @param writes  whether it writes it
     */
    record Memory(Optional<String> segment, Optional<String> base, Optional<String> index, int scale, long displacement, int size,
                  boolean reads, boolean writes) implements Operand { }

    /** What the library has no number for. */
    record Other(int size) implements Operand { }
}
