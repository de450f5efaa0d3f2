package trapframe.cpu;

/**
 * Something to deliver through the interrupt table.
 *
 * @param address    the linear address for CR2, with a page fault
 * @param restartRip for {@link Kind#SOFTWARE}, where RIP goes when the delivery faults: the instruction itself
 */
record Interruption(int vector, Kind kind, boolean hasErrorCode, int errorCode, long address, long restartRip) {
    enum Kind {
        /** An exception reported before the instruction: the frame has RF set. */
        FAULT,
        /** An exception reported after the instruction. */
        TRAP,
        /** INT n, INT3 and INTO: the gate's privilege is checked, and faults on the way have EXT clear. */
        SOFTWARE,
        EXTERNAL
    }

    static Interruption exception(int vector, Kind kind, int errorCode, long address) {
        return new Interruption(vector, kind, Vector.hasErrorCode(vector), errorCode, address, 0);
    }

    static Interruption fault(CpuFault fault, int ext) {
        int code = fault.vector() == Vector.PAGE_FAULT ? fault.errorCode() : fault.errorCode() | ext;
        return exception(fault.vector(), Kind.FAULT, code, fault.address());
    }

    static Interruption software(int vector, long restartRip) {
        return new Interruption(vector, Kind.SOFTWARE, false, 0, 0, restartRip);
    }

    static Interruption external(int vector) {
        return new Interruption(vector, Kind.EXTERNAL, false, 0, 0, 0);
    }

    /** The EXT bit of error codes of faults that come up during this delivery. */
    int ext() {
        return kind == Kind.SOFTWARE ? 0 : 1;
    }
}
