package trapframe.device;

import trapframe.bus.InterruptLine;
import trapframe.bus.PortDevice;
import trapframe.bus.Stateful;
import trapframe.device.InterruptController8259.Chip;

/** One 8259A of the pair in {@link InterruptController8259}, which names the manual. Port 0 is A0 = 0, port 1 is A0 = 1. */
final class Pic8259 implements PortDevice, Stateful<InterruptController8259.Chip> {
    /** The level that answers an INTA cycle when no request is left. */
    static final int SPURIOUS = 7;
    static final int NONE = -1;

    private static final int ICW1 = 0x10;
    private static final int ICW1_IC4 = 0x01;
    private static final int ICW1_SNGL = 0x02;
    private static final int ICW1_LTIM = 0x08;
    private static final int ICW2_VECTOR = 0xf8;
    private static final int ICW4_AEOI = 0x02;
    private static final int ICW4_SFNM = 0x10;

    private static final int OCW3 = 0x08;
    private static final int OCW3_RIS = 0x01;
    private static final int OCW3_RR = 0x02;
    private static final int OCW3_P = 0x04;
    private static final int OCW3_SMM = 0x20;
    private static final int OCW3_ESMM = 0x40;

    private static final int OCW2_COMMAND_SHIFT = 5;
    private static final int OCW2_LEVEL = 0x07;
    private static final int CLEAR_ROTATE_IN_AUTO_EOI = 0b000;
    private static final int NON_SPECIFIC_EOI = 0b001;
    private static final int SPECIFIC_EOI = 0b011;
    private static final int SET_ROTATE_IN_AUTO_EOI = 0b100;
    private static final int ROTATE_ON_NON_SPECIFIC_EOI = 0b101;
    private static final int SET_PRIORITY = 0b110;
    private static final int ROTATE_ON_SPECIFIC_EOI = 0b111;

    private static final int POLL_INTERRUPT = 0x80;

    /** What a write to A0 = 1 means. Before the first ICW1 the chip asks for nothing. */
    private static final int NOT_INITIALISED = 0;
    private static final int EXPECT_ICW2 = 2;
    private static final int EXPECT_ICW3 = 3;
    private static final int EXPECT_ICW4 = 4;
    private static final int READY = 5;

    private final boolean master;
    private final InterruptLine output;

    private int lines;
    private int edges;
    private int isr;
    private int imr = 0xff;
    private int elcr;
    private int icw1;
    private int icw2;
    private int icw3;
    private int icw4;
    private int lowest = 7;
    private int offered = NONE;
    private int sequence = NOT_INITIALISED;
    private boolean specialMask;
    private boolean rotateInAutoEoi;
    private boolean readIsr;
    private boolean poll;

    /** @param output the INT output */
    Pic8259(boolean master, InterruptLine output) {
        this.master = master;
        this.output = output;
    }

    void input(int ir, boolean level) {
        int bit = 1 << ir;
        if (level == ((lines & bit) != 0)) {
            return;
        }
        if (level) {
            lines |= bit;
            edges |= bit;
        } else {
            // A request has to stay high until the first INTA pulse, in both modes (figure 9).
            lines &= ~bit;
            edges &= ~bit;
        }
        driveOutput();
    }

    /** Whether a request of an input gets this vector, and is neither masked nor made by a level. */
    boolean latches(int ir, int vector) {
        int levelTriggered = (icw1 & ICW1_LTIM) != 0 ? 0xff : elcr;
        return sequence == READY && vector(ir) == vector && ((imr | levelTriggered) >> ir & 1) == 0 && !cascades(ir);
    }

    /** An edge on an input, whose level does not matter. */
    void latch(int ir) {
        edges |= 1 << ir;
        driveOutput();
    }

    private void driveOutput() {
        int ir = pending();
        if (ir != NONE) {
            offered = ir;
        }
        output.set(ir != NONE);
    }

    /** The IR input whose request the INT output stands for, or {@link #NONE}. */
    int pending() {
        return first(irr());
    }

    /** Whether a request at an IR input would reach the INT output, as things stand. */
    boolean lets(int ir) {
        return first(1 << ir) == ir;
    }

    private int first(int requested) {
        if (sequence != READY) {
            return NONE;
        }
        int requests = requested & ~imr;
        int inService = specialMask ? isr & ~imr : isr;
        for (int rank = 0; rank < 8; rank++) {
            int ir = lowest + 1 + rank & 7;
            int bit = 1 << ir;
            boolean serviced = (inService & bit) != 0;
            if ((requests & bit) != 0 && (!serviced || (icw4 & ICW4_SFNM) != 0 && cascades(ir))) {
                return ir;
            }
            if (serviced) {
                return NONE;
            }
        }
        return NONE;
    }

    /** The INTA cycle up to the point where the vector is put on the bus: returns the IR input that is answered. */
    int acknowledge() {
        int ir = pending();
        if (ir == NONE && offered != NONE && cascades(offered)) {
            // The slave withdrew while the CPU was answering: the master has its IR2 in service, the slave its default.
            ir = offered;
        }
        offered = NONE;
        if (ir != NONE) {
            edges &= ~(1 << ir);
            if ((icw4 & ICW4_AEOI) == 0) {
                isr |= 1 << ir;
            } else if (rotateInAutoEoi) {
                lowest = ir;
            }
        }
        // INT falls with INTA, so that a request that still waits makes a new edge at a master.
        output.set(false);
        driveOutput();
        return ir == NONE ? SPURIOUS : ir;
    }

    int vector(int ir) {
        return icw2 & ICW2_VECTOR | ir;
    }

    /** Whether a slave hangs on this input, by ICW3 of a master. */
    boolean cascades(int ir) {
        return master && (icw1 & ICW1_SNGL) == 0 && (icw3 >> ir & 1) != 0;
    }

    /** Whether this slave answers to the cascade address, by its ICW3. */
    boolean answersTo(int cascadeAddress) {
        return (icw1 & ICW1_SNGL) == 0 && (icw3 & 7) == cascadeAddress;
    }

    int elcr() {
        return elcr;
    }

    void setElcr(int value) {
        elcr = value;
        driveOutput();
    }

    @Override
    public int read(int offset, int width) {
        if (poll) {
            // The read takes the place of INTA, at either address ("Poll command").
            poll = false;
            return pending() == NONE ? 0 : POLL_INTERRUPT | acknowledge();
        }
        if (offset == 1) {
            return imr;
        }
        return readIsr ? isr : irr();
    }

    @Override
    public void write(int offset, int width, int value) {
        if (offset == 1) {
            writeData(value);
        } else if ((value & ICW1) != 0) {
            startInitialisation(value);
        } else if ((value & OCW3) != 0) {
            writeOcw3(value);
        } else {
            writeOcw2(value >> OCW2_COMMAND_SHIFT, value & OCW2_LEVEL);
        }
        driveOutput();
    }

    private void startInitialisation(int value) {
        icw1 = value;
        icw2 = 0;
        icw3 = 0;
        icw4 = 0;
        edges = 0;
        isr = 0;
        imr = 0;
        lowest = 7;
        offered = NONE;
        specialMask = false;
        rotateInAutoEoi = false;
        readIsr = false;
        poll = false;
        sequence = EXPECT_ICW2;
    }

    private void writeData(int value) {
        switch (sequence) {
            case EXPECT_ICW2 -> {
                icw2 = value;
                sequence = (icw1 & ICW1_SNGL) == 0 ? EXPECT_ICW3 : afterIcw3();
            }
            case EXPECT_ICW3 -> {
                icw3 = value;
                sequence = afterIcw3();
            }
            case EXPECT_ICW4 -> {
                icw4 = value;
                sequence = READY;
            }
            default -> imr = value;
        }
    }

    private int afterIcw3() {
        return (icw1 & ICW1_IC4) != 0 ? EXPECT_ICW4 : READY;
    }

    private void writeOcw2(int command, int level) {
        switch (command) {
            case NON_SPECIFIC_EOI -> endHighest();
            case ROTATE_ON_NON_SPECIFIC_EOI -> {
                int ended = endHighest();
                if (ended != NONE) {
                    lowest = ended;
                }
            }
            case SPECIFIC_EOI -> isr &= ~(1 << level);
            case ROTATE_ON_SPECIFIC_EOI -> {
                isr &= ~(1 << level);
                lowest = level;
            }
            case SET_PRIORITY -> lowest = level;
            case SET_ROTATE_IN_AUTO_EOI -> rotateInAutoEoi = true;
            case CLEAR_ROTATE_IN_AUTO_EOI -> rotateInAutoEoi = false;
            default -> { } // 010: no operation
        }
    }

    private int endHighest() {
        // In special mask mode a masked level is not cleared by a non-specific EOI ("End of interrupt").
        int candidates = specialMask ? isr & ~imr : isr;
        for (int rank = 0; rank < 8; rank++) {
            int ir = lowest + 1 + rank & 7;
            if ((candidates >> ir & 1) != 0) {
                isr &= ~(1 << ir);
                return ir;
            }
        }
        return NONE;
    }

    private void writeOcw3(int value) {
        if ((value & OCW3_ESMM) != 0) {
            specialMask = (value & OCW3_SMM) != 0;
        }
        poll = (value & OCW3_P) != 0;
        if (!poll && (value & OCW3_RR) != 0) {
            readIsr = (value & OCW3_RIS) != 0;
        }
    }

    private int irr() {
        return irr(lines, edges, elcr, icw1);
    }

    static int irr(int lines, int edges, int elcr, int icw1) {
        int levelTriggered = (icw1 & ICW1_LTIM) != 0 ? 0xff : elcr;
        return edges & ~levelTriggered | lines & levelTriggered;
    }

    @Override
    public Chip state() {
        return new Chip(lines, edges, isr, imr, elcr, icw1, icw2, icw3, icw4, lowest, offered, sequence, specialMask,
                rotateInAutoEoi, readIsr, poll);
    }

    @Override
    public void restore(Chip state) {
        lines = state.lines();
        edges = state.edges();
        isr = state.isr();
        imr = state.imr();
        elcr = state.elcr();
        icw1 = state.icw1();
        icw2 = state.icw2();
        icw3 = state.icw3();
        icw4 = state.icw4();
        lowest = state.lowest();
        offered = state.offered();
        sequence = state.sequence();
        specialMask = state.specialMask();
        rotateInAutoEoi = state.rotateInAutoEoi();
        readIsr = state.readIsr();
        poll = state.poll();
    }
}
