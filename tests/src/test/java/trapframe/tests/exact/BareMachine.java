package trapframe.tests.exact;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import trapframe.bus.MmioBus;
import trapframe.bus.MmioDevice;
import trapframe.bus.PortBus;
import trapframe.bus.PortDevice;
import trapframe.cpu.Cpu;
import trapframe.cpu.CpuSnapshot;
import trapframe.cpu.EntryState;
import trapframe.cpu.SystemBus;
import trapframe.machine.RoundRobin;
import trapframe.machine.Turn;
import trapframe.machine.TurnPolicy;
import trapframe.machine.Turns;
import trapframe.memory.GuestMemory;
import trapframe.time.Clock;
import trapframe.time.EventQueue;
import trapframe.time.Timer;
import trapframe.unicorn.CpuState;

/**
 * CPUs, 1 MiB of RAM with page tables, descriptor tables and a program in it, and one device on ports and in memory that
 * notes every access with its position and CPU, and interrupts that CPU, or sends another one a message, when it is told to.
 */
final class BareMachine implements AutoCloseable {
    /** OUT: interrupt that many positions later, at once with 0. IN: a number that changes with each access. */
    static final int PORT_INTERRUPT = 0x60;
    /** OUT: NMI that many positions later. */
    static final int PORT_NMI = 0x68;
    /** OUT: the host writes the byte into guest RAM at the address last written to {@link #PORT_POKE_ADDRESS}. */
    static final int PORT_POKE = 0x70;
    static final int PORT_POKE_ADDRESS = 0x74;
    /** OUT: what a local APIC would send: {@link Message} << 16 | CPU << 8 | vector. */
    static final int PORT_MESSAGE = 0x78;
    /** OUT: the end of the program. */
    static final int PORT_END = 0xf4;
    static final int MMIO = 0xa0000;
    static final int MMIO_LENGTH = 0x1000;
    /** Stores here are as to {@link #PORT_INTERRUPT}. */
    static final int MMIO_INTERRUPT = 0x100;
    static final int VECTOR = 0x40;
    static final int ALIAS = 0x4000_0000;
    /** Each CPU but the first has 16 KiB of stacks from here on: its own, that of ring 0, and that of NMIs. */
    static final int STACKS = 0xc0000;
    static final int STACKS_OF_ONE = 0x4000;

    /** What one CPU can do to another; the numbers are those that a program sends. */
    enum Message { INTERRUPT, NMI, INIT, STARTUP }

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
    private static final int TSS_BYTES = 0x80;
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
    private final List<Controller> controllers = new ArrayList<>();
    private final Turns turns;
    private final StringBuilder log = new StringBuilder();
    private int accesses;
    private int pokeAddress;
    private boolean ended;

    BareMachine(byte[] program) {
        this(program, 1, new RoundRobin(1));
    }

    BareMachine(byte[] program, int cpus, TurnPolicy policy) {
        for (int i = 0; i < cpus; i++) {
            controllers.add(new Controller(i));
        }
        turns = new Turns(clock, bus.cpus(), policy);
        ports.attach("device", PORT_INTERRUPT, 0x20, new Ports());
        ports.attach("end", PORT_END, 1, new End());
        mmio.attach("device", MMIO, MMIO_LENGTH, new Registers());
        writeTables();
        ram.write(GuestProgram.ADDRESS, program);
        controllers.getFirst().cpu.reset(
                new EntryState(EntryState.Mode.LONG, GuestProgram.ADDRESS, 0, 0, 0, 0, PML4, 0, 0, 8, 0x10));
        controllers.stream().skip(1).forEach(controller -> controller.cpu.resetToWait());
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
        long[] descriptors = {0, 0x00af_9b00_0000_ffffL, 0x00cf_9300_0000_ffffL, 0x00cf_f300_0000_ffffL, 0x00af_fb00_0000_ffffL};
        for (int i = 0; i < descriptors.length; i++) {
            ram.putLong(GDT + 8 * i, descriptors[i]);
        }
        for (int i = 0; i < controllers.size(); i++) {
            int tss = TSS + TSS_BYTES * i;
            int stacks = STACKS + STACKS_OF_ONE * i;
            ram.putLong(GDT + 8 * descriptors.length + 16 * i, 0x67L | (long) tss << 16 | 0x8900L << 32);
            ram.putLong(tss + 4, i == 0 ? RING0_STACK : stacks + 0x3000);
            ram.putLong(tss + 0x24, i == 0 ? IST1_STACK : stacks + 0x4000);
            ram.putShort(tss + 0x66, 0x68);
        }
    }

    /** Runs to the first boundary at or after a position, or to the program's end. */
    void run(long limit) {
        while (!ended) {
            events.runDue();
            if (clock.position() >= limit) {
                return;
            }
            Optional<Cpu> cpu = turns.onTurn();
            if (cpu.isPresent()) {
                if (cpu.get().run(limit) == Cpu.Stop.SHUTDOWN) {
                    ended = true;
                }
            } else if (events.nextDeadline() == EventQueue.NEVER) {
                ended = true;
            } else {
                clock.moveTo(Math.max(clock.position(), Math.min(events.nextDeadline(), limit)));
            }
        }
    }

    /** The turn that goes on, or was the last. */
    Turn turn() {
        return turns.turn();
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

    /** Registers of the first CPU. */
    CpuState registers() {
        return cpu(0).state();
    }

    Cpu cpu(int number) {
        return bus.cpus().get(number);
    }

    GuestMemory ram() {
        return ram;
    }

    /** Everything that determines the future, as text that shows where two states differ. */
    String state() {
        CRC32 sum = new CRC32();
        sum.update(ram.segment().asByteBuffer());
        return String.format(Locale.ROOT, "position %d%n%sturn %s%s%nram %08x%nlog %d %08x%n", clock.position(),
                controllers.stream().map(Controller::state).collect(Collectors.joining()), turns.turn(),
                cpu(turns.turn().cpu()).turnIsOver() ? " over" : "", sum.getValue(), log.length(), log.toString().hashCode());
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

    private void note(String what, long offset, int width, long value) {
        accesses++;
        log.append(String.format(Locale.ROOT, "%d CPU %d %s %x %d %x%n", clock.position(), turns.turn().cpu(), what, offset, width,
                value));
    }

    private Controller own() {
        return controllers.get(turns.turn().cpu());
    }

    @Override
    public void close() {
        bus.cpus().forEach(Cpu::close);
        ram.close();
    }

    /** A CPU and what interrupts it: the device's line at {@link #VECTOR}, and vectors that others send. */
    private final class Controller {
        private final Cpu cpu = new Cpu(bus, new BareInterrupts(this::acknowledge));
        private final Timer interrupt;
        private final Timer nmi;
        private final List<Integer> sent = new ArrayList<>();
        private boolean line;

        Controller(int number) {
            interrupt = events.timer("interrupt of CPU " + number, () -> setLine(true));
            nmi = events.timer("NMI of CPU " + number, cpu.pins()::nmi);
        }

        private void setLine(boolean level) {
            line = level;
            cpu.pins().interrupt(line || !sent.isEmpty());
        }

        private int acknowledge() {
            int vector = sent.isEmpty() ? VECTOR : sent.removeFirst();
            setLine(line && vector != VECTOR);
            note("acknowledge", vector, 0, 0);
            return vector;
        }

        void askForInterrupt(long delay) {
            if (delay == 0) {
                setLine(true);
            } else {
                interrupt.armAt(clock.position() + delay);
            }
        }

        void askForNmi(long delay) {
            nmi.armAt(clock.position() + delay);
        }

        void receive(Message message, int vector) {
            switch (message) {
                case INTERRUPT -> {
                    sent.add(vector);
                    setLine(line);
                }
                case NMI -> cpu.pins().nmi();
                case INIT -> cpu.pins().init();
                case STARTUP -> cpu.pins().startup(vector);
            }
        }

        String state() {
            CpuSnapshot s = cpu.snapshot();
            CRC32 vectorSum = new CRC32();
            vectorSum.update(s.vector());
            return String.format(Locale.ROOT, "rip %x rflags %x%nregisters %s%nsegments %s%ncontrol %s%ndebug %s%nmodel %s%n"
                    + "vector %08x%n%s %s %d%ntimers %d %d%n", s.rip(), s.rflags(), hex(s.registers()), hex(s.segments()),
                    hex(s.control()), hex(s.debug()), hex(s.model()), vectorSum.getValue(), s.activity(),
                    Arrays.toString(s.pending()), s.startup(), interrupt.deadline(), nmi.deadline());
        }
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
                case PORT_INTERRUPT -> own().askForInterrupt(value & 0xffff_ffffL);
                case PORT_NMI -> own().askForNmi(value);
                case PORT_MESSAGE -> controllers.get(value >>> 8 & 0xff)
                        .receive(Message.values()[value >>> 16], value & 0xff);
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
                own().askForInterrupt(value & 0xff);
            }
        }
    }
}
