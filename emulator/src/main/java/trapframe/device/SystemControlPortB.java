package trapframe.device;

import trapframe.bus.PortBus;
import trapframe.bus.PortDevice;
import trapframe.bus.Stateful;

/**
 * System control port B, 0x61: the NMI status and control register of the Intel 82371 (PIIX3, 290550), with GATE and
 * OUT of the 8254's counter 2 and the refresh toggle.
 *
 * <p>Not modelled: the speaker makes no sound, and no parity error and no IOCHK# ever comes, so the two status bits
 * read 0 and their enable bits only read back.
 */
public final class SystemControlPortB implements PortDevice, Stateful<SystemControlPortB.State> {
    public static final int PORT = 0x61;

    private static final int TIMER_2_GATE = 0x01;
    private static final int WRITABLE = 0x0f;
    private static final int REFRESH_TOGGLE = 0x10;
    private static final int TIMER_2_OUT = 0x20;

    /** @param control bits 0 to 3 as written: timer 2 gate, speaker data, parity check disable, IOCHK# disable */
    public record State(int control) { }

    private final IntervalTimer8254 timer;
    private int control;

    public SystemControlPortB(IntervalTimer8254 timer) {
        this.timer = timer;
    }

    public void attach(PortBus bus) {
        bus.attach("system control port B", PORT, 1, this);
    }

    @Override
    public int read(int offset, int width) {
        return control | (timer.refreshToggle() ? REFRESH_TOGGLE : 0) | (timer.out(2) ? TIMER_2_OUT : 0);
    }

    /** The refresh toggle changes all the time, and OUT as the counter says. */
    @Override
    public int steadyBits(int offset, int width) {
        return ~(REFRESH_TOGGLE | (timer.mayChange(2) ? TIMER_2_OUT : 0)) & 0xff;
    }

    @Override
    public String whySteady(int offset) {
        return timer.mayChange(2) ? ONLY_WRITES : "OUT of the 8254's counter 2 does not change by itself";
    }

    @Override
    public void write(int offset, int width, int value) {
        control = value & WRITABLE;
        timer.setGate(2, (value & TIMER_2_GATE) != 0);
    }

    @Override
    public State state() {
        return new State(control);
    }

    @Override
    public void restore(State state) {
        control = state.control;
    }
}
