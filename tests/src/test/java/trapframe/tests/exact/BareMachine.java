package trapframe.tests.exact;

import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.CRC32;
import trapframe.bus.InterruptLine;
import trapframe.bus.MmioBus;
import trapframe.bus.MmioDevice;
import trapframe.bus.PortBus;
import trapframe.bus.PortDevice;
import trapframe.cpu.Cpu;
import trapframe.cpu.CpuSnapshot;
import trapframe.cpu.EntryState;
import trapframe.cpu.SystemBus;
import trapframe.memory.GuestMemory;
import trapframe.time.Clock;
import trapframe.time.EventQueue;
import trapframe.time.Timer;
import trapframe.unicorn.CpuState;

/**
 * A CPU, 1 MiB of RAM with page tables, descriptor tables and a program in it, and one device on ports and in memory that
 * notes every access with its position, and interrupts when it is told to.
 */
final class BareMachine implements AutoCloseable {
    /** OUT: interrupt that many positions later, at once with 0. IN: a number that changes with each access. */
    static final int PORT_INTERRUPT = 0x60;
    /** OUT: NMI that many positions later. */
    static final int PORT_NMI = 0x68;
    /** OUT: the host writes the byte into guest RAM at the address last written to {@link #PORT_POKE_ADDRESS}. */
    static final int PORT_POKE = 0x70;
    static final int PORT_POKE_ADDRESS = 0x74;
    /** OUT: the end of the program. */
    static final int PORT_END = 0xf4;
    static final int MMIO = 0xa0000;
    static final int MMIO_LENGTH = 0x1000;
    /** Stores here are as to {@link #PORT_INTERRUPT}. */
    static final int MMIO_INTERRUPT = 0x100;
    static final int VECTOR = 0x40;
    static final int ALIAS = 0x4000_0000;

    private static final int RAM_BYTES = 1 << 20;
    private static final int PML4 = 0x1000;
    private static final int PDPT = 0x2000;
    private static final int PD = 0x3000;
    private static final int PT = 0x4000;
    private static final int ALIAS_PD = 0x5000;
    private static final int ALIAS_PT = 0x6000;
    private static final int IDT = 0x9000;
    private static final int GDT = 0xa000;
    private static final int TSS = 0xa100;
    private static final int RING0_STACK = 0x24000;
    private static final int IST1_STACK = 0x26000;
    private static final int TABLE_FLAGS = 7;
    private static final long NO_EXECUTE = 1L << 63;
    private static final int NMI = 2;
    private static final int BREAKPOINT = 3;
    private static final int OVERFLOW = 4;
    private static final int DPL3 = 0x6000;

    private final Clock clock = new Clock(1_000);
    private final EventQueue events = new EventQueue(clock);
    private final GuestMemory ram = new GuestMemory(RAM_BYTES);
    private final PortBus ports = new PortBus();
    private final MmioBus mmio = new MmioBus();
    private final SystemBus bus = new SystemBus(ram, ports, mmio, events);
    private final Cpu cpu;
    private final InterruptLine line;
    private final Timer interrupt;
    private final Timer nmi;
    private final StringBuilder log = new StringBuilder();
    private int accesses;
    private int pokeAddress;
    private boolean ended;

    BareMachine(byte[] program) {
        cpu = new Cpu(bus, new BareInterrupts(this::acknowledge));
        line = cpu.pins()::interrupt;
        interrupt = events.timer("interrupt", () -> line.set(true));
        nmi = events.timer("nmi", cpu.pins()::nmi);
        ports.attach("device", PORT_INTERRUPT, 0x20, new Ports());
        ports.attach("end", PORT_END, 1, new End());
        mmio.attach("device", MMIO, MMIO_LENGTH, new Registers());
        writeTables();
        ram.write(GuestProgram.ADDRESS, program);
        cpu.reset(new EntryState(EntryState.Mode.LONG, GuestProgram.ADDRESS, 0, 0, 0, 0, PML4, 0, 0, 8, 0x10));
    }

    private void writeTables() {
        ram.putLong(PML4, PDPT | TABLE_FLAGS);
        ram.putLong(PDPT, PD | TABLE_FLAGS);
        ram.putLong(PDPT + 8, ALIAS_PD | TABLE_FLAGS);
        ram.putLong(PD, PT | TABLE_FLAGS);
        ram.putLong(ALIAS_PD, ALIAS_PT | TABLE_FLAGS);
        for (int page = 0; page < RAM_BYTES / GuestMemory.PAGE_SIZE; page++) {
            long entry = (long) page * GuestMemory.PAGE_SIZE | TABLE_FLAGS;
            ram.putLong(PT + 8 * page, entry);
            ram.putLong(ALIAS_PT + 8 * page, entry | NO_EXECUTE);
        }
        for (int vector = 0; vector < 80; vector++) {
            int handler = GuestProgram.ADDRESS + 0x100 + 16 * vector;
            int dpl = vector == BREAKPOINT || vector == OVERFLOW || vector >= 0x48 ? DPL3 : 0;
            int type = vector == 0x49 ? 0x8f00 : 0x8e00;
            ram.putLong(IDT + 16 * vector, handler & 0xffffL | 8L << 16 | (long) (type | dpl | (vector == NMI ? 1 : 0)) << 32
                    | (long) (handler >>> 16) << 48);
        }
        long[] descriptors = {0, 0x00af_9b00_0000_ffffL, 0x00cf_9300_0000_ffffL, 0x00cf_f300_0000_ffffL,
            0x00af_fb00_0000_ffffL, 0x67L | (long) TSS << 16 | 0x8900L << 32, 0};
        for (int i = 0; i < descriptors.length; i++) {
            ram.putLong(GDT + 8 * i, descriptors[i]);
        }
        ram.putLong(TSS + 4, RING0_STACK);
        ram.putLong(TSS + 0x24, IST1_STACK);
        ram.putShort(TSS + 0x66, 0x68);
    }

    /** Runs to the first boundary at or after a position, or to the program's end. */
    void run(long limit) {
        while (!ended) {
            events.runDue();
            if (clock.position() >= limit) {
                return;
            }
            switch (cpu.run(limit)) {
                case POSITION, REQUESTED, INIT -> { }
                case HALTED -> {
                    if (events.nextDeadline() == EventQueue.NEVER) {
                        ended = true;
                    } else {
                        clock.moveTo(Math.max(clock.position(), Math.min(events.nextDeadline(), limit)));
                    }
                }
                case SHUTDOWN -> ended = true;
            }
        }
    }

    boolean ended() {
        return ended;
    }

    long position() {
        return clock.position();
    }

    /** A write by the host, as of a debugger, in the middle of a run. */
    void poke(int address, int value) {
        ram.putByte(address, value);
    }

    /** What the guest noted: a line for each exception and interrupt. */
    String notes() {
        StringBuilder lines = new StringBuilder();
        for (long at = GuestProgram.NOTES + 48; at < ram.getLong(GuestProgram.NOTES); at += 48) {
            lines.append(String.format(Locale.ROOT, "vector %02x error %x rip %x cs %x rflags %x rsp %x%n", ram.getLong(at),
                    ram.getLong(at + 8), ram.getLong(at + 16), ram.getLong(at + 24), ram.getLong(at + 32),
                    ram.getLong(at + 40)));
        }
        return lines.toString();
    }

    /** A line for each access to the device, with its position. */
    String log() {
        return log.toString();
    }

    CpuState registers() {
        return cpu.state();
    }

    GuestMemory ram() {
        return ram;
    }

    /** Everything that determines the future, as text that shows where two states differ. */
    String state() {
        CpuSnapshot s = cpu.snapshot();
        CRC32 sum = new CRC32();
        sum.update(ram.segment().asByteBuffer());
        CRC32 vectorSum = new CRC32();
        vectorSum.update(s.vector());
        return String.format(Locale.ROOT, "position %d%nrip %x rflags %x%nregisters %s%nsegments %s%ncontrol %s%ndebug %s%nmodel %s%n"
                + "vector %08x%npending %s%ntimers %d %d%nram %08x%nlog %d %08x%n", clock.position(), s.rip(), s.rflags(),
                hex(s.registers()), hex(s.segments()), hex(s.control()), hex(s.debug()), hex(s.model()),
                vectorSum.getValue(), Arrays.toString(s.pending()), interrupt.deadline(), nmi.deadline(),
                sum.getValue(), log.length(), log.toString().hashCode());
    }

    /** Where RAM differs from another machine's, for messages. */
    String firstDifference(BareMachine other) {
        long at = ram.segment().mismatch(other.ram.segment());
        return at < 0 ? "RAM is equal" : String.format(Locale.ROOT, "RAM differs at %x: %x, %x", at,
                ram.segment().get(ValueLayout.JAVA_BYTE, at), other.ram.segment().get(ValueLayout.JAVA_BYTE, at));
    }

    private static String hex(long[] values) {
        StringBuilder text = new StringBuilder();
        for (long value : values) {
            text.append(Long.toHexString(value)).append(' ');
        }
        return text.toString();
    }

    private int acknowledge() {
        line.set(false);
        note("acknowledge", 0, 0, 0);
        return VECTOR;
    }

    private void note(String what, long offset, int width, long value) {
        accesses++;
        log.append(String.format(Locale.ROOT, "%d %s %x %d %x%n", clock.position(), what, offset, width, value));
    }

    private void askForInterrupt(long delay) {
        if (delay == 0) {
            line.set(true);
        } else {
            interrupt.armAt(clock.position() + delay);
        }
    }

    @Override
    public void close() {
        cpu.close();
        ram.close();
    }

    private final class Ports implements PortDevice {
        @Override
        public int read(int offset, int width) {
            int value = 0x0101_0101 * (accesses + 1) + offset;
            note("in", offset, width, value);
            return value;
        }

        @Override
        public void write(int offset, int width, int value) {
            note("out", offset, width, value);
            switch (offset + PORT_INTERRUPT) {
                case PORT_INTERRUPT -> askForInterrupt(value & 0xffff_ffffL);
                case PORT_NMI -> nmi.armAt(clock.position() + value);
                case PORT_POKE_ADDRESS -> pokeAddress = value;
                case PORT_POKE -> ram.putByte(pokeAddress, value);
                default -> { }
            }
        }

        @Override
        public int widestAccess() {
            return 4;
        }
    }

    private final class End implements PortDevice {
        @Override
        public int read(int offset, int width) {
            return 0;
        }

        @Override
        public void write(int offset, int width, int value) {
            ended = true;
            bus.requestStop();
        }
    }

    private final class Registers implements MmioDevice {
        @Override
        public long read(long offset, int width) {
            long value = 0x0123_4567_89ab_cdefL + accesses * 0x1111_1111_1111L + offset & -1L >>> 64 - 8 * width;
            note("load", offset, width, value);
            return value;
        }

        @Override
        public void write(long offset, int width, long value) {
            note("store", offset, width, value);
            if (offset == MMIO_INTERRUPT) {
                askForInterrupt(value & 0xff);
            }
        }
    }
}
