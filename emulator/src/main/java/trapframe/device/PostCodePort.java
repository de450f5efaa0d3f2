package trapframe.device;

import trapframe.bus.PortBus;
import trapframe.bus.PortDevice;
import trapframe.bus.Stateful;

/**
 * Port 0x80, where firmware writes its power-on self-test codes and kernels write to wait for a bus cycle. It keeps the
 * last byte, and reads it back as the DMA page register behind it does on a PC. A write takes no time of its own.
 */
public final class PostCodePort implements PortDevice, Stateful<PostCodePort.State> {
    public static final int PORT = 0x80;

    public record State(int last) { }

    private int last;

    public void attach(PortBus bus) {
        bus.attach("POST code", PORT, 1, this);
    }

    /** The byte written last, 0 to 255; 0 at power-on. */
    public int last() {
        return last;
    }

    @Override
    public int read(int offset, int width) {
        return last;
    }

    @Override
    public boolean changesNothing(int offset, int width, int value) {
        return value == last;
    }

    @Override
    public void write(int offset, int width, int value) {
        last = value;
    }

    @Override
    public State state() {
        return new State(last);
    }

    @Override
    public void restore(State state) {
        last = state.last;
    }
}
