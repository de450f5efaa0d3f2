package trapframe.device;

import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import trapframe.bus.InterruptLine;
import trapframe.bus.PortBus;
import trapframe.bus.PortDevice;
import trapframe.bus.Stateful;
import trapframe.time.Clock;
import trapframe.time.EventQueue;
import trapframe.time.Timer;

/**
 * The PC's real-time clock and CMOS memory: Motorola MC146818A with 128 bytes, index port 0x70 (bit 7 masks the
 * NMI) and data port 0x71, IRQ8, a 32,768 Hz crystal. The date at power-on comes from the machine's description, never from the host.
 *
 * <p>Modelled: time, date and alarm in BCD or binary, 12 or 24 hours, with "don't care" alarm bytes; SET, the divider
 * chain's reset (the first update comes half a second after its release), UIP, all periodic rates, the periodic, alarm and update-ended
 * interrupts with register C cleared by reading, VRT, the century byte 0x32, and the configuration bytes that
 * firmware keeps: memory sizes, equipment, checksum.
 *
 * <p>UIP rises {@value #UIP_LEAD_NANOS} ns before the update cycle, which takes {@value #UPDATE_NANOS} ns; the time bytes
 * change and UF and AF are set at its end, which is on the whole second of the chain. Flags and time are computed
 * when somebody looks; an event is queued only for an enabled interrupt whose flag is not set yet.
 *
 * <p>Not modelled: the bytes are readable during the update (the chip gives undefined values), daylight saving
 * (DSE), the square-wave pin, time bases other than 32,768 Hz (register A's DV other than 010 stops the chain), the
 * extended memory of later chips at ports 0x72 and 0x73.
 */
public final class Rtc146818 implements PortDevice, Stateful<Rtc146818.State> {
    public static final int PORT = 0x70;
    public static final int IRQ = 8;
    public static final int MEMORY_BYTES = 128;

    /** The chip's tBUC: from UIP to the start of the update cycle. */
    public static final long UIP_LEAD_NANOS = 244_000;
    /** The chip's tUC for a 32,768 Hz time base. */
    public static final long UPDATE_NANOS = 1_984_000;

    private static final long CRYSTAL_HERTZ = 32_768;
    private static final long SECOND = 1_000_000_000;

    private static final int INDEX_NMI_MASK = 0x80;

    private static final int REGISTER_A = 0x0a;
    private static final int A_UIP = 0x80;
    private static final int A_DV_SHIFT = 4;
    private static final int A_DV_RUN_32768 = 0b010;
    private static final int A_RS = 0x0f;

    private static final int REGISTER_B = RtcCalendar.REGISTER_B;
    private static final int B_SET = 0x80;
    private static final int B_UIE = 0x10;
    private static final int INTERRUPT_BITS = 0x70;

    private static final int REGISTER_C = 0x0c;
    private static final int C_IRQF = 0x80;
    private static final int C_PF = 0x40;
    private static final int C_AF = 0x20;
    private static final int C_UF = 0x10;

    private static final int REGISTER_D = 0x0d;
    private static final int D_VRT = 0x80;

    private static final int FIRMWARE_A = 0x26;

    private static final int EQUIPMENT = 0x14;
    private static final int EQUIPMENT_FPU = 0x02;
    private static final int BASE_MEMORY = 0x15;
    private static final int EXTENDED_MEMORY = 0x17;
    private static final int EXTENDED_MEMORY_POST = 0x30;
    private static final int MEMORY_OVER_16M = 0x34;
    private static final int CHECKSUM = 0x2e;
    private static final int CHECKSUM_FIRST = 0x10;
    private static final int CHECKSUM_LAST = 0x2d;
    private static final int BASE_KIBIBYTES = 640;

    /**
     * @param index       the last value of port 0x70
     * @param memory      the 128 bytes; register C holds the flags, register A not UIP
     * @param chainStart  nanosecond that is a whole number of seconds away from every update's end, -10^9 to now; without
     *                    meaning while the chain is stopped
     * @param updatesSeen updates since {@code chainStart} that the time bytes and flags contain
     * @param ticksSeen   crystal periods since {@code chainStart} up to which PF has been decided
     */
    public record State(int index, List<Integer> memory, long chainStart, long updatesSeen, long ticksSeen) { }

    private final Clock clock;
    private final InterruptLine irq8;
    private final Timer interrupt;
    private final byte[] ram = new byte[MEMORY_BYTES];
    private final RtcCalendar calendar = new RtcCalendar(ram);
    private int index;
    private long chainStart;
    private long updatesSeen;
    private long ticksSeen;
    private long changes;

    /**
     * @param epochSecond      the time at power-on, in seconds since 1970-01-01 UTC; the clock shows UTC
     * @param memoryBelow4GiB  bytes of RAM from address 0 on, for the configuration bytes
     */
    public Rtc146818(EventQueue events, InterruptLine irq8, long epochSecond, long memoryBelow4GiB) {
        this.clock = events.clock();
        this.irq8 = irq8;
        interrupt = events.timer("RTC", this::drive);
        ram[REGISTER_A] = FIRMWARE_A;
        ram[REGISTER_B] = RtcCalendar.B_24_HOURS;
        ram[REGISTER_D] = (byte) D_VRT;
        calendar.set(LocalDateTime.ofEpochSecond(epochSecond, 0, ZoneOffset.UTC));
        chainStart = clock.nanos();
        describe(memoryBelow4GiB);
    }

    public void attach(PortBus bus) {
        bus.attach("RTC and CMOS", PORT, 2, this);
    }

    /** Whether the guest has masked the NMI with bit 7 of port 0x70. */
    public boolean nmiMasked() {
        return (index & INDEX_NMI_MASK) != 0;
    }

    @Override
    public int read(int offset, int width) {
        if (offset == 0) {
            return 0xff; // the index is write-only
        }
        int register = index & ~INDEX_NMI_MASK;
        catchUp();
        int value = switch (register) {
            case REGISTER_A -> ram[REGISTER_A] | (updateInProgress() ? A_UIP : 0);
            case REGISTER_C -> readFlags();
            default -> ram[register] & 0xff;
        };
        if (register == REGISTER_C) {
            drive();
        }
        return value;
    }

    @Override
    public int steadyBits(int offset, int width) {
        int register = index & ~INDEX_NMI_MASK;
        return offset == 0 ? 0xff : switch (register) {
            case REGISTER_A -> updates() ? ~A_UIP & 0xff : 0xff;
            case REGISTER_C -> 0;
            default -> updates() && RtcCalendar.isTime(register) ? 0 : 0xff;
        };
    }

    @Override
    public String whySteady(int offset) {
        int register = index & ~INDEX_NMI_MASK;
        return offset != 0 && !updates() && (register == REGISTER_A || RtcCalendar.isTime(register)) ? "the clock is stopped" : ONLY_WRITES;
    }

    private boolean updates() {
        return running() && !set();
    }

    @Override
    public Optional<String> registerName(int offset) {
        int register = index & ~INDEX_NMI_MASK;
        return Optional.of(offset == 0 ? "index" : register >= REGISTER_A && register <= REGISTER_D ? "status register " + (char) ('A' + register - REGISTER_A)
                : String.format(Locale.ROOT, RtcCalendar.isTime(register) ? "time byte 0x%02x" : "byte 0x%02x", register));
    }

    @Override
    public boolean changesNothing(int offset, int width, int value) {
        return offset == 0 && value == index;
    }

    @Override
    public void write(int offset, int width, int value) {
        if (offset == 0) {
            changes++;
            index = value;
            return;
        }
        int register = index & ~INDEX_NMI_MASK;
        catchUp();
        switch (register) {
            case REGISTER_A -> writeRegisterA(value & ~A_UIP);
            // Stopping the update also disables its interrupt (register B, SET).
            case REGISTER_B -> ram[REGISTER_B] = (byte) ((value & B_SET) != 0 ? value & ~B_UIE : value);
            case REGISTER_C, REGISTER_D -> { } // read only
            default -> ram[register] = (byte) value;
        }
        drive();
    }

    private void writeRegisterA(int value) {
        boolean ran = running();
        ram[REGISTER_A] = (byte) value;
        if (running() && !ran) {
            chainStart = clock.nanos() - SECOND / 2;
            updatesSeen = 0;
            ticksSeen = ticks();
        }
    }

    private int readFlags() {
        int flags = ram[REGISTER_C];
        ram[REGISTER_C] = 0;
        return requested(flags) ? flags | C_IRQF : flags;
    }

    private boolean requested(int flags) {
        return (flags & ram[REGISTER_B] & INTERRUPT_BITS) != 0;
    }

    /** Brings time and flags to now, as everything begins that changes something but the index. */
    private void catchUp() {
        changes++;
        if (!running()) {
            return;
        }
        long updates = (clock.nanos() - chainStart) / SECOND;
        long passed = updates - updatesSeen;
        updatesSeen = updates;
        if (passed > 0 && !set()) {
            int toAlarm = calendar.secondsToAlarm();
            boolean alarm = toAlarm > 0 && toAlarm <= passed;
            calendar.advance(passed);
            ram[REGISTER_C] |= (byte) (alarm ? C_UF | C_AF : C_UF);
        }
        long ticks = ticks();
        int period = periodTicks();
        if (period != 0 && ticks / period != ticksSeen / period) {
            ram[REGISTER_C] |= C_PF;
        }
        ticksSeen = ticks;
    }

    /** Drives IRQ8, and waits for the next flag that would raise it. */
    private void drive() {
        catchUp();
        boolean level = requested(ram[REGISTER_C]);
        irq8.set(level);
        long next = level || !running() ? Long.MAX_VALUE : nextRequest();
        if (next != Long.MAX_VALUE) {
            interrupt.armAtNanos(next);
        } else if (interrupt.armed()) {
            interrupt.disarm();
        }
    }

    /** The nanosecond at which an enabled interrupt's flag will be set, or {@code Long.MAX_VALUE}. */
    private long nextRequest() {
        int enabled = ram[REGISTER_B];
        int period = periodTicks();
        long next = Long.MAX_VALUE;
        if ((enabled & C_PF) != 0 && period != 0) {
            next = chainStart + Clock.nanosAtTick((ticksSeen / period + 1) * period, CRYSTAL_HERTZ);
        }
        if (!set()) {
            int toAlarm = calendar.secondsToAlarm();
            if ((enabled & C_UF) != 0) {
                next = Math.min(next, chainStart + (updatesSeen + 1) * SECOND);
            } else if ((enabled & C_AF) != 0 && toAlarm > 0) {
                next = Math.min(next, chainStart + (updatesSeen + toAlarm) * SECOND);
            }
        }
        return next;
    }

    private boolean updateInProgress() {
        long toUpdate = SECOND - (clock.nanos() - chainStart) % SECOND;
        return running() && !set() && toUpdate <= UIP_LEAD_NANOS + UPDATE_NANOS;
    }

    private long ticks() {
        return Clock.mulDiv(clock.nanos() - chainStart, CRYSTAL_HERTZ, SECOND);
    }

    /** Crystal periods between periodic interrupts, or 0 for none (table 5 of the data sheet, 32,768 Hz). */
    private int periodTicks() {
        int rate = ram[REGISTER_A] & A_RS;
        return switch (rate) {
            case 0 -> 0;
            case 1, 2 -> 1 << rate + 6; // 256 Hz and 128 Hz, again under 8 and 9
            default -> 1 << rate - 1;
        };
    }

    private boolean running() {
        return (ram[REGISTER_A] >> A_DV_SHIFT & 7) == A_DV_RUN_32768;
    }

    private boolean set() {
        return (ram[REGISTER_B] & B_SET) != 0;
    }

    private void describe(long memoryBelow4GiB) {
        ram[EQUIPMENT] = EQUIPMENT_FPU;
        putWord(BASE_MEMORY, Math.min(memoryBelow4GiB >> 10, BASE_KIBIBYTES));
        long extended = Math.max(memoryBelow4GiB - (1 << 20), 0);
        putWord(EXTENDED_MEMORY, extended >> 10);
        putWord(EXTENDED_MEMORY_POST, extended >> 10);
        putWord(MEMORY_OVER_16M, Math.max(memoryBelow4GiB - (16 << 20), 0) >> 16);
        int sum = 0;
        for (int i = CHECKSUM_FIRST; i <= CHECKSUM_LAST; i++) {
            sum += ram[i] & 0xff;
        }
        ram[CHECKSUM] = (byte) (sum >> 8);
        ram[CHECKSUM + 1] = (byte) sum;
    }

    /** Low byte first, and as much as two bytes can say. */
    private void putWord(int register, long value) {
        long shown = Math.min(value, 0xffff);
        ram[register] = (byte) shown;
        ram[register + 1] = (byte) (shown >> 8);
    }

    @Override
    public long changes() {
        return changes;
    }

    @Override
    public State state() {
        List<Integer> memory = new ArrayList<>(MEMORY_BYTES);
        for (byte value : ram) {
            memory.add(value & 0xff);
        }
        return new State(index, List.copyOf(memory), chainStart, updatesSeen, ticksSeen);
    }

    @Override
    public void restore(State state) {
        changes++;
        index = state.index;
        for (int i = 0; i < MEMORY_BYTES; i++) {
            ram[i] = state.memory.get(i).byteValue();
        }
        chainStart = state.chainStart;
        updatesSeen = state.updatesSeen;
        ticksSeen = state.ticksSeen;
    }
}
