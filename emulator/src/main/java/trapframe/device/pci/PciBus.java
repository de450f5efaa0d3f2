package trapframe.device.pci;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import trapframe.bus.MmioBus;
import trapframe.bus.MmioRange;
import trapframe.bus.PortBus;
import trapframe.bus.PortRange;

/**
 * PCI bus 0 (PCI Local Bus Specification 3.0): up to 32 devices with up to 8 functions, found by configuration cycles,
 * and by their base address registers in the memory and I/O spaces.
 *
 * <p>Who answers where ranges overlap: RAM and the devices that the board decodes itself (interrupt controllers, timers, ports of
 * the chipset) come first, as the host bridge does not pass such cycles on. Of two base address registers the one of the lower
 * device, function and index answers alone. On hardware two functions would drive the bus at once.
 *
 * <p>Not modelled: bridges to further buses, peer-to-peer cycles, bus errors.
 */
public final class PciBus {
    public static final int DEVICES = 32;
    public static final int FUNCTIONS = 8;

    /** Ports that the host bridge offers for base address registers: first, and first behind. Others work as well. */
    public static final int IO_WINDOW_START = 0xc000;
    public static final int IO_WINDOW_END = 0x10000;
    /** Memory below 4 GiB, likewise: between the most RAM that a machine can have and the board's own devices. */
    public static final long MEMORY_WINDOW_START = 0xc000_0000L;
    public static final long MEMORY_WINDOW_END = 0xfe00_0000L;
    /** Memory above 4 GiB, likewise. */
    public static final long HIGH_WINDOW_START = 0x80_0000_0000L;
    public static final long HIGH_WINDOW_END = 0x100_0000_0000L;

    private final PciFunction[] functions = new PciFunction[DEVICES * FUNCTIONS];
    /** Those that are there, in the order of their slots. */
    private List<Plugged> plugged = List.of();

    /** A function, with its name and where it is. */
    private record Plugged(String name, PciFunction function) { }

    public void attach(PortBus ports, MmioBus memory) {
        ports.attachBehind(this::portAt);
        memory.attachBehind(this::memoryAt);
    }

    /** Puts a function into a slot. Part of building the machine. */
    public void plug(int device, int function, PciFunction newFunction) {
        int slot = device * FUNCTIONS + function;
        if (functions[slot] != null) {
            throw new IllegalArgumentException(String.format("PCI slot %02x.%d is taken", device, function));
        }
        functions[slot] = newFunction;
        plugged = IntStream.range(0, functions.length).filter(at -> functions[at] != null).mapToObj(at -> new Plugged(String.format(Locale.ROOT,
                "%s at PCI 00:%02x.%d", functions[at].name(), at / FUNCTIONS, at % FUNCTIONS), functions[at])).toList();
    }

    /** The function in a slot, or null. */
    public PciFunction function(int device, int function) {
        return functions[device * FUNCTIONS + function];
    }

    /** A configuration read; where nothing is, all ones. */
    int read(int bus, int slot, int register, int width) {
        PciFunction function = bus == 0 ? functions[slot] : null;
        return function == null ? -1 : function.readConfiguration(register, width);
    }

    /** A configuration write; where nothing is, it ends in a master abort, which the guest does not see. */
    void write(int bus, int slot, int register, int width, int value) {
        PciFunction function = bus == 0 ? functions[slot] : null;
        if (function != null) {
            function.writeConfiguration(register, width, value);
        }
    }

    private PortRange portAt(long port) {
        for (Plugged each : plugged) {
            PortRange range = each.function.configuration().portAt(port, each.name);
            if (range != null) {
                return range;
            }
        }
        return null;
    }

    private MmioRange memoryAt(long address) {
        for (Plugged each : plugged) {
            MmioRange range = each.function.configuration().memoryAt(address, each.name);
            if (range != null) {
                return range;
            }
        }
        return null;
    }
}
