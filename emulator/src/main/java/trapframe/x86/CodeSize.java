package trapframe.x86;

/** The default sizes of operands and addresses in a code segment: its D and L flags (SDM vol. 3A, section 3.4.5). */
public enum CodeSize {
    BITS_16, BITS_32, BITS_64
}
