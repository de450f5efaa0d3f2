package trapframe.device.apic;

import trapframe.bus.Stateful;

/** LDR and DFR of a {@link LocalApic}: which logical destinations mean it (SDM vol. 3A, section 11.6.2.2). */
final class LogicalDestination implements Stateful<LogicalDestination.State> {
    private static final int MODEL = 0xf000_0000;
    private static final int FLAT = 0xf000_0000;
    private static final int EVERY_CLUSTER = 0xf;

    /**
     * @param id     the 8 bits of LDR
     * @param format DFR
     */
    record State(int id, int format) { }

    private int id;
    private int format;

    void reset() {
        id = 0;
        format = -1;
    }

    /** The 8 bits of LDR. */
    int id() {
        return id;
    }

    void setId(int value) {
        id = value & 0xff;
    }

    /** DFR. */
    int format() {
        return format;
    }

    void setFormat(int value) {
        format = value | ~MODEL;
    }

    /** Whether a destination, which is not the one for everybody, means this APIC: by a bit of its own, or in its cluster. */
    boolean isMeant(int destination) {
        if ((format & MODEL) == FLAT) {
            return (destination & id) != 0;
        }
        int cluster = destination >> 4;
        return (cluster == EVERY_CLUSTER || cluster == id >> 4) && (destination & id & 0xf) != 0;
    }

    @Override
    public State state() {
        return new State(id, format);
    }

    @Override
    public void restore(State state) {
        id = state.id;
        format = state.format;
    }
}
