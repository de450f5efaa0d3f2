package trapframe.device;

import java.util.Optional;
import trapframe.bus.InterruptLine;
import trapframe.bus.PortBus;
import trapframe.bus.PortDevice;
import trapframe.bus.Stateful;
import trapframe.time.Clock;
import trapframe.time.EventQueue;
import trapframe.time.Timer;

/**
 * The fixed hardware of ACPI (ACPI 6.5, section 4.8) where QEMU's PC has that of the Intel 82371AB (PIIX4, 290562): PM1 status,
 * enable and control registers at 0x600 to 0x605, and the power management timer at 0x608, {@value #TIMER_BITS} bits that count at
 * {@value #TIMER_HERTZ} Hz.
 *
 * <p>Modelled: the timer with its status bit and interrupt whenever the highest bit changes; the power button; the system control
 * interrupt SCI, a level; the sleeping state S5, which switches the machine off. The sleep type of S5 is {@value #SLEEP_TYPE_S5}.
 *
 * <p>Nothing ticks: timer and status are computed when somebody looks, and an event is queued only while the timer's interrupt is enabled.
 * The machine is always in ACPI mode: SCI_EN reads 1, and there is no SMI command port. Not modelled: other sleeping states, the sleep
 * button, wake-up by the clock, the global lock's release to firmware, general-purpose events.
 */
public final class PowerManagement implements PortDevice, Stateful<PowerManagement.State> {
    public static final int PORT = 0x600;
    public static final int EVENT_PORT = PORT;
    public static final int CONTROL_PORT = PORT + 4;
    public static final int TIMER_PORT = PORT + 8;
    public static final int PORTS = 12;
    public static final int SCI_IRQ = 9;
    public static final int SLEEP_TYPE_S5 = 0;
    public static final int TIMER_HERTZ = 3_579_545;
    public static final int TIMER_BITS = 24;

    private static final int ENABLE_OFFSET = 2;
    private static final int CONTROL_OFFSET = CONTROL_PORT - PORT;
    private static final int TIMER_OFFSET = TIMER_PORT - PORT;

    private static final int TIMER_STATUS = 1;
    private static final int POWER_BUTTON_STATUS = 1 << 8;
    private static final int ENABLE_WRITABLE = TIMER_STATUS | 1 << 5 | POWER_BUTTON_STATUS | 1 << 10;
    private static final int SCI_ENABLE = 1;
    private static final int SLEEP_TYPE_SHIFT = 10;
    private static final int SLEEP_ENABLE = 1 << 13;
    /** BM_RLD and SLP_TYP. */
    private static final int CONTROL_WRITABLE = 2 | 7 << SLEEP_TYPE_SHIFT;

    /**
     * @param status    PM1_STS
     * @param enable    PM1_EN
     * @param control   PM1_CNT without SCI_EN
     * @param ticksSeen the timer's ticks up to which its status is in {@code status}
     */
    public record State(int status, int enable, int control, long ticksSeen) { }

    private final Clock clock;
    private final InterruptLine sci;
    private final SystemControl system;
    private final Timer event;
    private int status;
    private int enable;
    private int control;
    private long ticksSeen;

    /** @param sci the interrupt line of {@link #SCI_IRQ}, level-triggered and active high */
    public PowerManagement(EventQueue events, InterruptLine sci, SystemControl system) {
        clock = events.clock();
        this.sci = sci;
        this.system = system;
        event = events.timer("ACPI timer", this::update);
    }

    public void attach(PortBus bus) {
        bus.attach("ACPI power management", PORT, PORTS, this);
    }

    /** The power button is pressed, and released. */
    public void pressPowerButton() {
        status |= POWER_BUTTON_STATUS;
        update();
    }

    /** Brings the timer's status to now, drives SCI, and waits for the next change of the timer's highest bit if that can interrupt. */
    private void update() {
        long ticks = clock.ticks(TIMER_HERTZ);
        if (halfPeriods(ticks) != halfPeriods(ticksSeen)) {
            status |= TIMER_STATUS;
        }
        ticksSeen = ticks;
        sci.set((status & enable) != 0);
        if ((enable & TIMER_STATUS) != 0 && (status & TIMER_STATUS) == 0) {
            event.armAtNanos(Clock.nanosAtTick(halfPeriods(ticks) + 1 << TIMER_BITS - 1, TIMER_HERTZ));
        } else if (event.armed()) {
            event.disarm();
        }
    }

    private static long halfPeriods(long ticks) {
        return ticks >> TIMER_BITS - 1;
    }

    @Override
    public int widestAccess() {
        return 4;
    }

    @Override
    public int read(int offset, int width) {
        update();
        int value = 0;
        for (int i = 0; i < width; i++) {
            value |= readByte(offset + i) << 8 * i;
        }
        return value;
    }

    private int readByte(int offset) {
        int register = offset < CONTROL_OFFSET ? status | enable << 16
                : offset < TIMER_OFFSET ? control | SCI_ENABLE : (int) ticksSeen & (1 << TIMER_BITS) - 1;
        return register >> 8 * (offset & 3) & 0xff;
    }

    /** The timer counts and sets its status, and the power button may be pressed. */
    @Override
    public int steadyBits(int offset, int width) {
        int steady = 0;
        for (int i = 0; i < width; i++) {
            int bits = offset + i >= TIMER_OFFSET ? 0 : offset + i < ENABLE_OFFSET ? ~(TIMER_STATUS | POWER_BUTTON_STATUS) >> 8 * (offset + i) & 0xff : 0xff;
            steady |= bits << 8 * i;
        }
        return steady;
    }

    @Override
    public Optional<String> registerName(int offset) {
        return Optional.of(offset < ENABLE_OFFSET ? "PM1 status register" : offset < CONTROL_OFFSET ? "PM1 enable register"
                : offset < TIMER_OFFSET ? "PM1 control register" : "timer");
    }

    @Override
    public void write(int offset, int width, int value) {
        update();
        for (int i = 0; i < width; i++) {
            writeByte(offset + i, value >> 8 * i & 0xff);
        }
        update();
    }

    private void writeByte(int offset, int value) {
        int shifted = value << 8 * (offset & 1);
        int mask = 0xff << 8 * (offset & 1);
        switch (offset & ~1) {
            case 0 -> status &= ~shifted;
            case ENABLE_OFFSET -> enable = (enable & ~mask | shifted) & ENABLE_WRITABLE;
            case CONTROL_OFFSET -> {
                control = (control & ~mask | shifted) & CONTROL_WRITABLE;
                if ((shifted & SLEEP_ENABLE) != 0 && control >> SLEEP_TYPE_SHIFT == SLEEP_TYPE_S5) {
                    system.powerOffRequested();
                }
            }
            default -> { }
        }
    }

    @Override
    public State state() {
        return new State(status, enable, control, ticksSeen);
    }

    @Override
    public void restore(State state) {
        status = state.status;
        enable = state.enable;
        control = state.control;
        ticksSeen = state.ticksSeen;
    }
}
