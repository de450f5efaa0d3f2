package trapframe.device;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import trapframe.bus.PortBus;
import trapframe.bus.PortDevice;
import trapframe.bus.Stateful;

/**
 * The firmware configuration interface of QEMU's PC (docs/specs/fw_cfg of QEMU), from which kernels and test suites that
 * start without firmware read how many processors and how much memory there is. A 16-bit write to 0x510 selects an item,
 * each read of 0x511 is its next byte; past its end, and for items that there are not, that is 0.
 *
 * <p>Not modelled: the DMA interface, which the item "id" says is absent, files, and writing to items.
 */
public final class FirmwareConfiguration implements PortDevice, Stateful<FirmwareConfiguration.State> {
    public static final int PORT = 0x510;

    private static final int DATA = 1;
    private static final int SIGNATURE = 0x00;
    private static final int ID = 0x01;
    private static final int RAM_SIZE = 0x03;
    private static final int CPUS = 0x05;
    private static final int MOST_CPUS = 0x0f;
    private static final int NO_DMA = 1;

    /**
     * @param selected the item
     * @param next     the offset of the byte that is read next
     */
    public record State(int selected, int next) { }

    private final Map<Integer, byte[]> items;
    private int selected;
    private int next;

    /**
     * @param memoryBytes size of RAM
     * @param cpus        how many processors there are
     */
    public FirmwareConfiguration(long memoryBytes, int cpus) {
        items = Map.of(SIGNATURE, new byte[] {'Q', 'E', 'M', 'U'},
                ID, item(Integer.BYTES, NO_DMA),
                RAM_SIZE, item(Long.BYTES, memoryBytes),
                CPUS, item(Short.BYTES, cpus),
                MOST_CPUS, item(Short.BYTES, cpus));
    }

    private static byte[] item(int length, long value) {
        byte[] bytes = new byte[length];
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).get(0, bytes);
        return bytes;
    }

    public void attach(PortBus bus) {
        bus.attach("firmware configuration", PORT, 2, this);
    }

    @Override
    public int widestAccess() {
        return Short.BYTES;
    }

    @Override
    public int read(int offset, int width) {
        if (offset != DATA || width != 1) {
            return 0;
        }
        byte[] item = items.getOrDefault(selected, new byte[0]);
        return next < item.length ? item[next++] & 0xff : 0;
    }

    @Override
    public void write(int offset, int width, int value) {
        if (offset == 0 && width == Short.BYTES) {
            selected = value;
            next = 0;
        }
    }

    @Override
    public State state() {
        return new State(selected, next);
    }

    @Override
    public void restore(State state) {
        selected = state.selected;
        next = state.next;
    }
}
