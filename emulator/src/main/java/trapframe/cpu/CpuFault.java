package trapframe.cpu;

/** An exception of the guest that came up while the CPU did something by itself, such as delivering another one. */
final class CpuFault extends Exception {
    private final int vector;
    private final int errorCode;
    private final long address;

    /** @param address the linear address for CR2, used with {@link Vector#PAGE_FAULT} */
    CpuFault(int vector, int errorCode, long address) {
        super(null, null, false, false);
        this.vector = vector;
        this.errorCode = errorCode;
        this.address = address;
    }

    CpuFault(int vector, int errorCode) {
        this(vector, errorCode, 0);
    }

    int vector() {
        return vector;
    }

    int errorCode() {
        return errorCode;
    }

    long address() {
        return address;
    }
}
