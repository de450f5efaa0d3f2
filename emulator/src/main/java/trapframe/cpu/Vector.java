package trapframe.cpu;

/** The exceptions of SDM vol. 3A, table 6-1. */
public final class Vector {
    public static final int DIVIDE_ERROR = 0;
    public static final int DEBUG = 1;
    public static final int NMI = 2;
    public static final int BREAKPOINT = 3;
    public static final int OVERFLOW = 4;
    public static final int BOUND = 5;
    public static final int INVALID_OPCODE = 6;
    public static final int DEVICE_NOT_AVAILABLE = 7;
    public static final int DOUBLE_FAULT = 8;
    public static final int INVALID_TSS = 10;
    public static final int SEGMENT_NOT_PRESENT = 11;
    public static final int STACK_FAULT = 12;
    public static final int GENERAL_PROTECTION = 13;
    public static final int PAGE_FAULT = 14;
    public static final int X87_ERROR = 16;
    public static final int ALIGNMENT_CHECK = 17;
    public static final int MACHINE_CHECK = 18;
    public static final int SIMD_ERROR = 19;

    /** Vectors from here on are never exceptions. */
    public static final int COUNT = 32;

    private static final String[] NAMES = {"#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "9", "#TS",
        "#NP", "#SS", "#GP", "#PF", "15", "#MF", "#AC", "#MC", "#XM"};

    private Vector() { }

    /** The manual's mnemonic, or the number where there is none. */
    public static String name(int vector) {
        return vector < NAMES.length ? NAMES[vector] : Integer.toString(vector);
    }

    /** Whether the exception pushes an error code in protected mode. */
    static boolean hasErrorCode(int vector) {
        return vector == DOUBLE_FAULT || vector >= INVALID_TSS && vector <= PAGE_FAULT || vector == ALIGNMENT_CHECK;
    }

    /** The contributory class of SDM table 6-4. */
    static boolean isContributory(int vector) {
        return vector == DIVIDE_ERROR || vector >= INVALID_TSS && vector <= GENERAL_PROTECTION;
    }
}
