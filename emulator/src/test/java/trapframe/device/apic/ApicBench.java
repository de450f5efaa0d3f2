package trapframe.device.apic;

import java.util.ArrayList;
import java.util.List;
import trapframe.bus.ProcessorPins;
import trapframe.device.DeviceBench;

/** Local APICs with processors that write down what is done to them, and an I/O APIC. */
final class ApicBench {
    static final int ID = 0x20;
    static final int VERSION = 0x30;
    static final int TPR = 0x80;
    static final int APR = 0x90;
    static final int PPR = 0xa0;
    static final int EOI = 0xb0;
    static final int LDR = 0xd0;
    static final int DFR = 0xe0;
    static final int SVR = 0xf0;
    static final int ISR = 0x100;
    static final int TMR = 0x180;
    static final int IRR = 0x200;
    static final int ESR = 0x280;
    static final int ICR_LOW = 0x300;
    static final int ICR_HIGH = 0x310;
    static final int LVT_TIMER = 0x320;
    static final int LVT_LINT0 = 0x350;
    static final int LVT_LINT1 = 0x360;
    static final int LVT_ERROR = 0x370;
    static final int TIMER_INITIAL = 0x380;
    static final int TIMER_CURRENT = 0x390;
    static final int TIMER_DIVIDE = 0x3e0;

    static final int MASKED = 1 << 16;
    static final int PERIODIC = 1 << 17;
    static final int BY_ONE = 0b1011;
    /** What the stub of an 8259 pair answers. */
    static final int LEGACY_VECTOR = 0x2f;

    /** A processor: the level of its INTR, and everything else that reached it. */
    static final class Processor implements ProcessorPins {
        final List<String> signals = new ArrayList<>();
        boolean intr;

        @Override
        public void interrupt(boolean level) {
            intr = level;
        }

        @Override
        public void nmi() {
            signals.add("nmi");
        }

        @Override
        public void init() {
            signals.add("init");
        }

        @Override
        public void startup(int vector) {
            signals.add("startup " + Integer.toHexString(vector));
        }
    }

    final DeviceBench bench = new DeviceBench();
    final ApicBus bus;
    final IoApic ioApic;
    final List<Processor> processors = new ArrayList<>();
    int legacyAcknowledges;

    ApicBench(int processors) {
        this(processors, 0);
    }

    ApicBench(int count, long timerPhase) {
        bus = new ApicBus(count, bench.events, () -> {
            legacyAcknowledges++;
            return LEGACY_VECTOR;
        }, timerPhase);
        for (LocalApic apic : bus.apics()) {
            Processor processor = new Processor();
            apic.connect(processor);
            processors.add(processor);
        }
        ioApic = new IoApic(bus, count, 0);
    }

    /** Enables every local APIC by software. */
    ApicBench enableAll() {
        for (int i = 0; i < processors.size(); i++) {
            write(i, SVR, 0x1ff);
        }
        return this;
    }

    LocalApic apic(int processor) {
        return bus.apics().get(processor);
    }

    int read(int processor, int register) {
        return (int) apic(processor).registers().read(register, 4);
    }

    void write(int processor, int register, int value) {
        apic(processor).registers().write(register, 4, value & 0xffff_ffffL);
    }

    int acknowledge(int processor) {
        return apic(processor).acknowledge();
    }

    void eoi(int processor) {
        write(processor, EOI, 0);
    }

    /** Sends by ICR, with a destination if there is no shorthand. */
    void send(int processor, int destination, int low) {
        write(processor, ICR_HIGH, destination << 24);
        write(processor, ICR_LOW, low);
    }

    /** Whether a vector is in one of the sets IRR, ISR or TMR. */
    boolean has(int processor, int set, int vector) {
        return (read(processor, set + 0x10 * (vector >> 5)) >> vector & 1) != 0;
    }

    /** The processors at which a vector is requested. */
    List<Integer> requestedAt(int vector) {
        List<Integer> found = new ArrayList<>();
        for (int i = 0; i < processors.size(); i++) {
            if (has(i, IRR, vector)) {
                found.add(i);
            }
        }
        return found;
    }

    int readPin(int pin, int half) {
        ioApic.write(0, 4, 0x10 + 2 * pin + half);
        return (int) ioApic.read(0x10, 4);
    }

    void writePin(int pin, int destination, int low) {
        ioApic.write(0, 4, 0x10 + 2 * pin + 1);
        ioApic.write(0x10, 4, (long) destination << 24);
        ioApic.write(0, 4, 0x10 + 2 * pin);
        ioApic.write(0x10, 4, low);
    }
}
