package trapframe.device;

import trapframe.bus.PortBus;
import trapframe.bus.PortDevice;

/**
 * The debug-exit port, as QEMU's {@code isa-debug-exit} with {@code iobase=0xf4,iosize=4}: a write of 1, 2 or 4
 * bytes to any of the four ports ends the run with that value. Reads give zero. It has no state.
 *
 * <p>The value is reported as written; the shift that QEMU applies to make a process exit code of it is not done here.
 */
public final class DebugExit implements PortDevice {
    public static final int PORT = 0xf4;
    private static final int PORTS = 4;

    private final SystemControl control;

    public DebugExit(SystemControl control) {
        this.control = control;
    }

    public void attach(PortBus bus) {
        bus.attach("debug exit", PORT, PORTS, this);
    }

    @Override
    public int read(int offset, int width) {
        return 0;
    }

    @Override
    public int steadyBits(int offset, int width) {
        return -1;
    }

    @Override
    public String whySteady(int offset) {
        return "reads always give 0";
    }

    @Override
    public void write(int offset, int width, int value) {
        control.exitRequested(value);
    }

    @Override
    public int widestAccess() {
        return 4;
    }
}
