package trapframe.device;

import trapframe.bus.Counting;
import trapframe.bus.InterruptLine;
import trapframe.bus.PortBus;
import trapframe.bus.PortDevice;
import trapframe.bus.Stateful;

/**
 * The PC's two cascaded interrupt controllers: Intel 8259A (data sheet 231468), a master at ports 0x20-0x21 and a
 * slave on the master's IR2 at 0xa0-0xa1, with the edge/level control registers of the Intel 82371 (PIIX3, 290550)
 * at 0x4d0-0x4d1.
 *
 * <p>Modelled: ICW1-4, OCW1-3, edge and level triggering (ICW1.LTIM for a whole chip or ELCR for one input), fully
 * nested, special fully nested and special mask mode, rotation by EOI, in auto-EOI and by command, specific and
 * non-specific EOI, auto-EOI, poll, reading IRR, ISR and IMR, the cascade by ICW3, and the default IR7 (IRQ7, IRQ15)
 * when a request is gone at INTA. INT follows the requests: it falls when the only one is withdrawn or masked, so a
 * spurious interrupt needs a CPU that had already accepted; one that came through the slave is then IRQ15, with IR2 in
 * service at the master.
 *
 * <p>Not modelled: the MCS-80 mode's three-byte CALL (every acknowledge returns an 8086 vector), and the buffered
 * mode's pins. Before its first initialisation sequence is complete a chip asks for nothing and its inputs are masked.
 */
public final class InterruptController8259 implements Stateful<InterruptController8259.State>, Counting {
    public static final int LINES = 16;
    public static final int MASTER_PORT = 0x20;
    public static final int SLAVE_PORT = 0xa0;
    public static final int ELCR_PORT = 0x4d0;

    /** The master's input, and so the IRQ number, that the slave's INT output is wired to. */
    public static final int CASCADE = 2;

    /** IRQ 0, 1, 2, 8 and 13 are always edge-triggered (PIIX3, ELCR1 and ELCR2). */
    private static final int ELCR_MASTER_WRITABLE = 0xf8;
    private static final int ELCR_SLAVE_WRITABLE = 0xde;

    /** What the CPU reads when no chip answers the second INTA pulse. */
    private static final int OPEN_BUS = 0xff;

    public record State(Chip master, Chip slave) { }

    /**
     * The state of one 8259A.
     *
     * @param lines    levels of the IR inputs
     * @param edges    rising edges not yet acknowledged
     * @param elcr     inputs set to level by the ELCR
     * @param lowest   the IR input of lowest priority
     * @param offered  the input that INT last stood for since the last INTA, or -1
     * @param sequence which word the chip expects at A0 = 1
     */
    public record Chip(int lines, int edges, int isr, int imr, int elcr, int icw1, int icw2, int icw3, int icw4,
                 int lowest, int offered, int sequence, boolean specialMask, boolean rotateInAutoEoi, boolean readIsr,
                 boolean poll) {
        /** The vector of an IR input (ICW2). */
        public int vector(int ir) {
            return icw2 & 0xf8 | ir;
        }

        /** IRR: the inputs that request, masked ones too. */
        public int irr() {
            return Pic8259.irr(lines, edges, elcr, icw1);
        }
    }

    private final Pic8259 master;
    private final Pic8259 slave;
    private final InterruptLine[] lines = new InterruptLine[LINES];
    private final long[] acknowledged = new long[LINES];

    /** @param output the CPU's INTR input */
    public InterruptController8259(InterruptLine output) {
        master = new Pic8259(true, output);
        slave = new Pic8259(false, level -> master.input(CASCADE, level));
        for (int irq = 0; irq < LINES; irq++) {
            Pic8259 chip = irq < 8 ? master : slave;
            int ir = irq & 7;
            lines[irq] = level -> chip.input(ir, level);
        }
        lines[CASCADE] = InterruptLine.UNCONNECTED;
    }

    public void attach(PortBus bus) {
        bus.attach("8259 master", MASTER_PORT, 2, master);
        bus.attach("8259 slave", SLAVE_PORT, 2, slave);
        bus.attach("8259 edge/level control", ELCR_PORT, 2, new PortDevice() {
            @Override
            public int read(int offset, int width) {
                return offset == 0 ? master.elcr() : slave.elcr();
            }

            @Override
            public void write(int offset, int width, int value) {
                setElcr(offset == 0 ? master : slave, value);
            }
        });
    }

    /** Whether a request of an IRQ would ask the CPU for an interrupt, as long as nobody programs the chips. */
    public boolean lets(int irq) {
        return irq < 8 ? master.lets(irq) : slave.lets(irq & 7) && master.lets(CASCADE);
    }

    private void setElcr(Pic8259 chip, int value) {
        chip.setElcr(value & (chip == master ? ELCR_MASTER_WRITABLE : ELCR_SLAVE_WRITABLE));
    }

    /** Sets an IRQ to level triggering in the ELCR, as firmware does for PCI. */
    public void setLevelTriggered(int irq) {
        Pic8259 chip = irq < 8 ? master : slave;
        setElcr(chip, chip.elcr() | 1 << (irq & 7));
    }

    /**
     * The input for an IRQ, 0 to 15. IRQ2 has no input on a PC: the slave takes it, and a device wired to it reaches
     * nothing.
     */
    public InterruptLine line(int irq) {
        return lines[irq];
    }

    /**
     * Makes an edge on the unmasked, edge-triggered input that has a vector, as if its device had asked; what keeps the request back keeps
     * this one back too.
     *
     * @return whether there is such an input
     */
    public boolean inject(int vector) {
        int irq = lineOf(vector);
        if (irq >= 0) {
            chip(irq).latch(irq & 7);
        }
        return irq >= 0;
    }

    /** Whether an edge can request a vector: an unmasked, edge-triggered input has it. */
    public boolean canInject(int vector) {
        return lineOf(vector) >= 0;
    }

    /** The line that latches an edge for a vector; -1 if there is none. */
    private int lineOf(int vector) {
        for (int irq = 0; irq < LINES; irq++) {
            if (chip(irq).latches(irq & 7, vector)) {
                return irq;
            }
        }
        return -1;
    }

    private Pic8259 chip(int irq) {
        return irq < 8 ? master : slave;
    }

    /** The CPU's INTA cycle: returns the vector, 0 to 255, and puts the request into service. */
    public int acknowledge() {
        int ir = master.acknowledge();
        if (ir != CASCADE || !master.cascades(ir)) {
            acknowledged[ir]++;
            return master.vector(ir);
        }
        if (!slave.answersTo(CASCADE)) {
            acknowledged[ir]++;
            return OPEN_BUS;
        }
        ir = slave.acknowledge();
        acknowledged[8 + ir]++;
        return slave.vector(ir);
    }

    /** The interrupts handed over since power-on, by IRQ; 7 and 15 stand for spurious ones too. */
    @Override
    public long[] counts() {
        return acknowledged.clone();
    }

    @Override
    public void restoreCounts(long[] counts) {
        System.arraycopy(counts, 0, acknowledged, 0, LINES);
    }

    @Override
    public State state() {
        return new State(master.state(), slave.state());
    }

    @Override
    public void restore(State state) {
        master.restore(state.master);
        slave.restore(state.slave);
    }
}
