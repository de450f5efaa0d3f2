package trapframe.device;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import trapframe.bus.InterruptLine;
import trapframe.bus.MmioBus;
import trapframe.bus.MmioDevice;
import trapframe.bus.MsiTarget;
import trapframe.bus.Stateful;
import trapframe.time.Clock;
import trapframe.time.EventQueue;
import trapframe.time.Timer;

/**
 * The high precision event timers: IA-PC HPET Specification 1.0a, at {@value #ADDRESS}, a 64-bit counter that counts every
 * {@value #TICK_NANOS} ns, and three timers of 64 bits, all of which can be periodic.
 *
 * <p>Modelled: the counter, halted, running and written; one-shot and periodic timers in 32 and 64 bits with the accumulator's
 * value-set bit; edge and level interrupts with their status bits; routing to the I/O APIC's pins 20 to 23, to messages (FSB), and
 * legacy replacement, where timers 0 and 1 take IRQ0 and IRQ8 from the 8254 and the clock. Those two pass their lines through here. An edge
 * is a fall, if the line was high, and a rise; the line then stays high up to the next edge, so that an 8259 still finds it.
 *
 * <p>Nothing ticks: the counter is computed when somebody looks, and an event is queued for a match that can interrupt.
 * Accesses to a half of a 64-bit register reach that half; a value that is set by two writes of one instruction is one value.
 */
public final class Hpet implements MmioDevice, Stateful<Hpet.State> {
    public static final long ADDRESS = 0xfed0_0000L;
    public static final int ADDRESS_BYTES = 0x400;
    public static final int TIMERS = 3;
    public static final int TICK_NANOS = 10;
    /** The low half of the capabilities: revision 1, three timers, 64 bits, legacy replacement, Intel. */
    public static final int CAPABILITIES = 0x8086_a201;

    /** The shortest period that makes sense, in ticks, for the table that describes the HPET: a microsecond. */
    public static final int SHORTEST_TICKS = 100;

    /** The I/O APIC's pins that timers can be routed to. */
    private static final int FIRST_PIN = 20;
    private static final long ROUTES = 0x00f0_0000L;
    private static final int FEMTOSECONDS_PER_TICK = TICK_NANOS * 1_000_000;

    private static final int CONFIGURATION = 0x010;
    private static final int STATUS = 0x020;
    private static final int COUNTER = 0x0f0;
    private static final int TIMER = 0x100;
    private static final int TIMER_BYTES = 0x20;

    private static final int ENABLE = 1;
    private static final int LEGACY = 2;

    /**
     * @param configuration the general configuration register
     * @param status        the general interrupt status register
     * @param counter       the main counter, up to which matches have been seen
     * @param counterNanos  when it had that value, if it runs
     * @param legacyLevels  what the 8254 and the clock drive IRQ0 and IRQ8 to
     */
    public record State(int configuration, int status, long counter, long counterNanos, List<Boolean> legacyLevels,
                        List<HpetTimer.State> timers) { }

    private final Clock clock;
    private final Timer event;
    private final InterruptLine[] legacyLines;
    private final IntFunction<InterruptLine> pins;
    private final MsiTarget messages;
    private final boolean[] legacyLevels = new boolean[2];
    private final List<HpetTimer> timers = new ArrayList<>();
    private int configuration;
    private int status;
    private long counter;
    private long counterNanos;
    private long changes;

    /**
     * @param irq0     where the 8254's interrupt goes, or timer 0's
     * @param irq8     where the clock's goes, or timer 1's
     * @param pins     the I/O APIC's
     * @param messages where interrupts by message go
     */
    public Hpet(EventQueue events, InterruptLine irq0, InterruptLine irq8, IntFunction<InterruptLine> pins,
            MsiTarget messages) {
        clock = events.clock();
        event = events.timer("HPET", this::update);
        legacyLines = new InterruptLine[] {irq0, irq8};
        this.pins = pins;
        this.messages = messages;
        for (int i = 0; i < TIMERS; i++) {
            timers.add(new HpetTimer(ROUTES));
        }
    }

    public void attach(MmioBus mmio) {
        mmio.attach("HPET", ADDRESS, ADDRESS_BYTES, this);
    }

    /** What the 8254 drives instead of IRQ0. */
    public InterruptLine irq0() {
        return level -> setLegacy(0, level);
    }

    /** What the clock drives instead of IRQ8. */
    public InterruptLine irq8() {
        return level -> setLegacy(1, level);
    }

    private void setLegacy(int index, boolean level) {
        if (legacyLevels[index] != level) {
            changes++;
            legacyLevels[index] = level;
        }
        if (!replaces()) {
            legacyLines[index].set(level);
        }
    }

    private boolean running() {
        return (configuration & ENABLE) != 0;
    }

    private boolean replaces() {
        return (configuration & LEGACY) != 0;
    }

    /** Brings counter and timers to now, lets matches interrupt, and waits for the next that could. */
    private void update() {
        changes++;
        if (running()) {
            long ticks = (clock.nanos() - counterNanos) / TICK_NANOS;
            for (int i = 0; i < TIMERS; i++) {
                if (timers.get(i).pass(counter, ticks)) {
                    match(i);
                }
            }
            counter += ticks;
            counterNanos += ticks * TICK_NANOS;
        }
        long next = Long.MAX_VALUE;
        for (int i = 0; running() && i < TIMERS; i++) {
            HpetTimer timer = timers.get(i);
            if (timer.interrupts() && !(timer.isLevel() && isPending(i))) {
                next = Math.min(next, timer.ticksToMatch(counter));
            }
        }
        if (next <= (Long.MAX_VALUE - counterNanos) / TICK_NANOS) {
            event.armAtNanos(counterNanos + next * TICK_NANOS);
        } else if (event.armed()) {
            event.disarm();
        }
    }

    private boolean isPending(int index) {
        return (status >> index & 1) != 0;
    }

    private void match(int index) {
        HpetTimer timer = timers.get(index);
        if (timer.isLevel()) {
            // The status says so even where the interrupt is not enabled (2.3.8).
            status |= 1 << index;
            drive();
        } else if (timer.interrupts()) {
            if (isByMessage(index)) {
                messages.deliverMsi(timer.messageAddress(), timer.messageData());
            } else {
                timer.setEdge(false);
                drive();
                timer.setEdge(true);
                drive();
            }
        }
    }

    private boolean isByMessage(int index) {
        return timers.get(index).isByMessage() && !takesLegacyLine(index);
    }

    private boolean takesLegacyLine(int index) {
        return replaces() && index < legacyLines.length;
    }

    /** The level that a timer drives its line to. */
    private boolean output(int index) {
        HpetTimer timer = timers.get(index);
        return timer.interrupts() && (timer.isLevel() ? isPending(index) : timer.edge());
    }

    private void drive() {
        for (int i = 0; i < legacyLines.length; i++) {
            legacyLines[i].set(replaces() ? output(i) : legacyLevels[i]);
        }
        int high = 0;
        for (int i = 0; i < TIMERS; i++) {
            if (output(i) && !takesLegacyLine(i) && !isByMessage(i)) {
                high |= 1 << timers.get(i).route();
            }
        }
        for (int pin = FIRST_PIN; ROUTES >> pin != 0; pin++) {
            pins.apply(pin).set((high >> pin & 1) != 0);
        }
    }

    @Override
    public long read(long offset, int width) {
        update();
        int half = (int) offset & 4;
        long value = readRegister((int) offset & ~7) >>> 8 * half;
        int inHalf = (int) offset & 3;
        return value >>> 8 * inHalf & (1L << 8 * width) - 1;
    }

    private long readRegister(int register) {
        if (register >= TIMER) {
            int index = (register - TIMER) / TIMER_BYTES;
            return index < TIMERS ? timers.get(index).read((register - TIMER) % TIMER_BYTES) : 0;
        }
        return switch (register) {
            case 0 -> (long) FEMTOSECONDS_PER_TICK << 32 | CAPABILITIES & 0xffff_ffffL;
            case CONFIGURATION -> configuration;
            case STATUS -> status;
            case COUNTER -> counter;
            default -> 0;
        };
    }

    @Override
    public void write(long offset, int width, long value) {
        update();
        if ((offset & 3) == 0 && width == Integer.BYTES) {
            int shift = 8 * ((int) offset & 4);
            writeRegister((int) offset & ~7, value << shift, 0xffff_ffffL << shift);
        }
        update();
    }

    /** @param written the bits of the register that the access reaches */
    private void writeRegister(int register, long value, long written) {
        if (register >= TIMER) {
            int index = (register - TIMER) / TIMER_BYTES;
            if (index < TIMERS) {
                timers.get(index).write((register - TIMER) % TIMER_BYTES, value, written, clock.position());
                drive();
            }
            return;
        }
        switch (register) {
            case CONFIGURATION -> {
                if (!running()) {
                    counterNanos = clock.nanos();
                }
                configuration = (int) (configuration & ~written | value & written) & (ENABLE | LEGACY);
                drive();
            }
            case STATUS -> {
                status &= (int) ~(value & written);
                drive();
            }
            case COUNTER -> {
                // Writing a counter that runs is not foreseen (2.3.7).
                if (!running()) {
                    counter = counter & ~written | value & written;
                }
            }
            default -> { }
        }
    }

    @Override
    public long changes() {
        return changes;
    }

    @Override
    public State state() {
        HpetTimer.State[] states = new HpetTimer.State[TIMERS];
        Arrays.setAll(states, i -> timers.get(i).state());
        return new State(configuration, status, counter, counterNanos, List.of(legacyLevels[0], legacyLevels[1]), List.of(states));
    }

    @Override
    public void restore(State state) {
        changes++;
        configuration = state.configuration;
        status = state.status;
        counter = state.counter;
        counterNanos = state.counterNanos;
        for (int i = 0; i < legacyLevels.length; i++) {
            legacyLevels[i] = state.legacyLevels.get(i);
        }
        for (int i = 0; i < TIMERS; i++) {
            timers.get(i).restore(state.timers.get(i));
        }
    }
}
