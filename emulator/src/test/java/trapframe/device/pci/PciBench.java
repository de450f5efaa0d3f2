package trapframe.device.pci;

import java.util.ArrayList;
import java.util.List;
import trapframe.bus.InterruptLine;
import trapframe.bus.MmioBus;
import trapframe.bus.MmioDevice;
import trapframe.bus.MsiTarget;
import trapframe.bus.PortDevice;
import trapframe.device.DeviceBench;
import trapframe.device.RecordedControl;

/** A PCI bus with its configuration ports, and functions to plug into it. */
public final class PciBench implements MsiTarget {
    public final DeviceBench bench = new DeviceBench();
    public final MmioBus memory = new MmioBus();
    public final PciBus bus = new PciBus();
    public final PciConfigurationPorts ports = new PciConfigurationPorts(bus, new RecordedControl());
    public final DeviceBench.Probe[] irqs = new DeviceBench.Probe[16];
    public final DeviceBench.Probe[] ioApic = new DeviceBench.Probe[24];
    public final IsaBridge82371 isaBridge = new IsaBridge82371(irq -> level -> irqs[irq].set(level));
    public final PciInterruptWires wires;
    /** The messages that were sent: address and data. */
    public final List<String> messages = new ArrayList<>();

    public PciBench() {
        for (int i = 0; i < irqs.length; i++) {
            irqs[i] = new DeviceBench.Probe();
        }
        for (int i = 0; i < ioApic.length; i++) {
            ioApic[i] = new DeviceBench.Probe();
        }
        wires = new PciInterruptWires(isaBridge, pin -> ioApic[pin]);
        ports.attach(bench.ports);
        bus.attach(bench.ports, memory);
        bus.plug(0, 0, new HostBridge82441());
        bus.plug(1, 0, isaBridge);
    }

    @Override
    public void deliverMsi(long address, int data) {
        messages.add(String.format("%x=%x", address, data));
    }

    public int read(int device, int register, int width) {
        select(device, register);
        return bench.ports.read(PciConfigurationPorts.DATA_PORT + (register & 3), width);
    }

    public void write(int device, int register, int width, int value) {
        select(device, register);
        bench.ports.write(PciConfigurationPorts.DATA_PORT + (register & 3), width, value);
    }

    private void select(int device, int register) {
        bench.ports.write(PciConfigurationPorts.ADDRESS_PORT, 4, 1 << 31 | device << 11 | register & 0xfc);
    }

    /** The register of a capability, found as a guest finds it; 0 if there is none. */
    public int capability(int device, int id) {
        int at = read(device, PciConfiguration.CAPABILITIES_POINTER, 1);
        for (int seen = 0; at != 0 && seen < 48; seen++) {
            if (read(device, at, 1) == id) {
                return at;
            }
            at = read(device, at + 1, 1);
        }
        return 0;
    }

    /** A function with ports in BAR 0, memory in BAR 1, MSI-X in BAR 2 and 64-bit prefetchable memory in BAR 4. */
    static final class Plain implements PciFunction {
        final PciConfiguration configuration = new PciConfiguration(new PciIdentity(0x1af4, 0x1234, 7, 0x02_0000, 0x1111, 0x2222));
        final PciInterrupts interrupts;
        final String name;
        final List<String> accesses;

        Plain(String name, List<String> accesses, InterruptLine pin, MsiTarget target) {
            this.name = name;
            this.accesses = accesses;
            configuration.add(new PciBar.Io(0, 32, new Ports()));
            configuration.add(new PciBar.Memory(1, 4096, false, false, new Memory("memory")));
            configuration.add(new PciBar.Memory(4, 1 << 20, true, true, new Memory("high")));
            interrupts = new PciInterrupts(configuration, pin, target, 3, 2);
        }

        @Override
        public String name() {
            return "plain function";
        }

        @Override
        public PciConfiguration configuration() {
            return configuration;
        }

        @Override
        public void writeConfiguration(int register, int width, int value) {
            configuration.write(register, width, value);
            interrupts.configurationWritten();
        }

        private final class Ports implements PortDevice {
            @Override
            public int read(int offset, int width) {
                accesses.add(name + " in " + offset + "/" + width);
                return offset;
            }

            @Override
            public void write(int offset, int width, int value) {
                accesses.add(name + " out " + offset + "/" + width + "=" + value);
            }

            @Override
            public int widestAccess() {
                return 4;
            }
        }

        private final class Memory implements MmioDevice {
            private final String what;

            Memory(String what) {
                this.what = what;
            }

            @Override
            public long read(long offset, int width) {
                accesses.add(name + " read " + what + " " + offset + "/" + width);
                return offset;
            }

            @Override
            public void write(long offset, int width, long value) {
                accesses.add(name + " write " + what + " " + offset + "/" + width + "=" + value);
            }
        }
    }
}
