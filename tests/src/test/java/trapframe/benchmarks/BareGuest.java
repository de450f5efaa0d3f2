package trapframe.benchmarks;

import java.io.ByteArrayOutputStream;
import java.util.HexFormat;
import trapframe.bus.MmioBus;
import trapframe.bus.PortBus;
import trapframe.cpu.Cpu;
import trapframe.cpu.EntryState;
import trapframe.cpu.SystemBus;
import trapframe.machine.RoundRobin;
import trapframe.machine.Turns;
import trapframe.memory.GuestMemory;
import trapframe.time.Clock;
import trapframe.tests.exact.BareInterrupts;
import trapframe.time.EventQueue;

/**
 * One CPU in 64-bit mode with no devices, on page tables of its own. The first 16 MiB are mapped onto themselves; the
 * same memory is there again at {@link #HIGH}, as a kernel has it.
 */
public final class BareGuest implements AutoCloseable {
    /** Where the code starts. The code page is writable and executable. */
    public static final long CODE = 0x10_0000;
    /** A page that may be read and written, but not executed. */
    public static final long DATA_PAGE = 0x20_0000;
    /** A page that may be read, written and executed, and never is. */
    public static final long WRITABLE_EXECUTABLE_PAGE = 0x20_1000;
    /** Where the memory is mapped a second time. */
    public static final long HIGH = 0xffff_8000_0000_0000L;
    /** Reads fault here. */
    public static final long ABSENT = 0x4000_0000;

    private static final long SIZE = 16 << 20;
    private static final long PML4 = 0x1000;
    private static final long POINTERS = 0x2000;
    private static final long DIRECTORY = 0x3000;
    private static final long TABLES = 0x8000;
    private static final long GDT = 0x4000;
    private static final long IDT = 0x5000;
    private static final long IDT_POINTER = 0x6000;
    private static final long STACK_TOP = 0x8_0000;
    private static final long STACK_BYTES = 0x2000;
    private static final int CODE_SELECTOR = 0x10;
    private static final int DATA_SELECTOR = 0x18;
    /** Execute/read and read/write segments, flat, of ring 0 (SDM vol. 3A, figure 3-8). */
    private static final long CODE_DESCRIPTOR = 0x00af_9b00_0000_ffffL;
    private static final long DATA_DESCRIPTOR = 0x00cf_9300_0000_ffffL;
    /** A 64-bit interrupt gate of ring 0 (SDM vol. 3A, figure 6-8). */
    private static final long GATE = 0x8e00_0000_0000L;
    private static final long PRESENT_WRITABLE = 3;
    private static final long NO_EXECUTE = 1L << 63;
    /** mov ecx, IA32_EFER; rdmsr; or eax, NXE; wrmsr; mov edi, IDT_POINTER; lidt [rdi]. */
    private static final String SET_UP = "b9800000c0 0f32 0d00080000 0f30 bf00600000 0f011f";

    private final GuestMemory ram = new GuestMemory(SIZE);
    private final Clock clock = new Clock(1000);
    private final SystemBus bus = new SystemBus(ram, new PortBus(), new MmioBus(), new EventQueue(clock));
    private final Turns turns;
    private final long rsi;

    /**
     * @param code what runs after the set-up, as hexadecimal bytes
     * @param rsi  a parameter for it
     */
    public BareGuest(String code, long rsi) {
        this(code, rsi, 1, 1);
    }

    /**
     * A guest with several CPUs, which all run the code.
     *
     * @param rsi  a parameter for the first; each other one gets one that is a page higher
     * @param turn how long a turn lasts, in code bytes
     */
    public BareGuest(String code, long rsi, int cpus, long turn) {
        this.rsi = rsi;
        for (int i = 0; i < cpus; i++) {
            new Cpu(bus, new BareInterrupts(() -> 0));
        }
        turns = new Turns(clock, bus.cpus(), new RoundRobin(turn));
        ram.putLong(GDT + CODE_SELECTOR, CODE_DESCRIPTOR);
        ram.putLong(GDT + DATA_SELECTOR, DATA_DESCRIPTOR);
        ram.putShort(IDT_POINTER, 0xfff);
        ram.putLong(IDT_POINTER + 2, IDT);
        ram.putLong(PML4, POINTERS | PRESENT_WRITABLE);
        ram.putLong(PML4 + 8 * 256, POINTERS | PRESENT_WRITABLE);
        ram.putLong(POINTERS, DIRECTORY | PRESENT_WRITABLE);
        for (long page = 0; page < SIZE / GuestMemory.PAGE_SIZE; page++) {
            if (page % 512 == 0) {
                ram.putLong(DIRECTORY + page / 512 * 8, TABLES + page * 8 | PRESENT_WRITABLE);
            }
            long address = page * GuestMemory.PAGE_SIZE;
            boolean executable = address == CODE || address == WRITABLE_EXECUTABLE_PAGE;
            ram.putLong(TABLES + page * 8, address | PRESENT_WRITABLE | (executable ? 0 : NO_EXECUTE));
        }
        ram.write(CODE, assemble(SET_UP + code));
        reset();
    }

    /** The bytes of hexadecimal digits; blanks are for the reader. */
    public static byte[] assemble(String hexadecimal) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(HexFormat.of().parseHex(hexadecimal.replace(" ", "")));
        return bytes.toByteArray();
    }

    /** Puts the handler of an exception behind the code; it runs on the same stack. */
    public BareGuest withHandler(int vector, String code) {
        long handler = CODE + 0x800;
        ram.write(handler, assemble(code));
        ram.putLong(IDT + 16L * vector, GATE | (handler & 0xffff) | (long) CODE_SELECTOR << 16
                | (handler >>> 16 & 0xffff) << 48);
        ram.putLong(IDT + 16L * vector + 8, 0);
        return this;
    }

    /** Back to the start of the code. */
    public void reset() {
        for (Cpu cpu : bus.cpus()) {
            cpu.reset(new EntryState(EntryState.Mode.LONG, CODE, STACK_TOP - STACK_BYTES * cpu.number(), 0, 0,
                    rsi + GuestMemory.PAGE_SIZE * cpu.number(), PML4, GDT, DATA_SELECTOR + 7, CODE_SELECTOR, DATA_SELECTOR));
        }
    }

    /** From the start to HLT. */
    public void runToHalt() {
        reset();
        Cpu.Stop stop = cpu().run(Long.MAX_VALUE);
        if (stop != Cpu.Stop.HALTED) {
            throw new IllegalStateException("the guest ended with " + stop);
        }
    }

    /** Runs for a number of code bytes of all CPUs together. */
    public void run(long codeBytes) {
        long end = clock.position() + codeBytes;
        while (clock.position() < end) {
            Cpu.Stop stop = turns.onTurn().orElseThrow().run(end);
            if (stop != Cpu.Stop.POSITION) {
                throw new IllegalStateException("the guest ended with " + stop);
            }
        }
    }

    /** The first CPU. */
    public Cpu cpu() {
        return bus.cpus().getFirst();
    }

    public GuestMemory ram() {
        return ram;
    }

    @Override
    public void close() {
        bus.cpus().forEach(Cpu::close);
        ram.close();
    }
}
