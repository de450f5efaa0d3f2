package trapframe.device;

import trapframe.bus.PortBus;
import trapframe.bus.PortDevice;
import trapframe.bus.Stateful;

/**
 * System control port A, 0x92 ("port 92", Intel 82371 PIIX3, 290550): a rising bit 0 resets the processor, bit 1 lets
 * address line 20 pass.
 *
 * <p>Not modelled: the other bits of the PS/2's register (disk lights, password lock); they read 0.
 */
public final class SystemControlPortA implements PortDevice, Stateful<SystemControlPortA.State> {
    public static final int PORT = 0x92;

    private static final int FAST_INIT = 0x01;
    private static final int FAST_A20 = 0x02;

    /** @param fastInit bit 0 as written last */
    public record State(boolean fastInit) { }

    private final SystemControl control;
    private final A20Gate a20;
    private boolean fastInit;

    public SystemControlPortA(SystemControl control, A20Gate a20) {
        this.control = control;
        this.a20 = a20;
    }

    public void attach(PortBus bus) {
        bus.attach("system control port A", PORT, 1, this);
    }

    @Override
    public int read(int offset, int width) {
        return (fastInit ? FAST_INIT : 0) | (a20.portA() ? FAST_A20 : 0);
    }

    @Override
    public int steadyBits(int offset, int width) {
        return 0xff;
    }

    @Override
    public void write(int offset, int width, int value) {
        boolean rises = !fastInit && (value & FAST_INIT) != 0;
        fastInit = (value & FAST_INIT) != 0;
        a20.setPortA((value & FAST_A20) != 0);
        if (rises) {
            control.resetRequested("port 0x92");
        }
    }

    @Override
    public State state() {
        return new State(fastInit);
    }

    @Override
    public void restore(State state) {
        fastInit = state.fastInit;
    }
}
