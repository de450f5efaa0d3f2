package trapframe.device.virtio;

import java.util.Arrays;
import java.util.List;
import trapframe.bus.InterruptLine;
import trapframe.bus.MsiTarget;
import trapframe.bus.Stateful;
import trapframe.device.pci.PciBar;
import trapframe.device.pci.PciConfiguration;
import trapframe.device.pci.PciFunction;
import trapframe.device.pci.PciIdentity;
import trapframe.device.pci.PciInterrupts;

/**
 * Virtio over the PCI bus (4.1), as a transitional device: BAR 0 has the legacy interface in ports ({@link LegacyPorts}), BAR 1 the
 * MSI-X table, BAR 4 the structures of the modern interface ({@link ModernStructures}), which vendor capabilities point at.
 *
 * <p>Interrupts are the pin, with the ISR status saying why; an MSI message in its stead; or MSI-X messages, one for the
 * configuration and one for each queue, as the driver assigns them. A device that is no bus master does not touch memory: requests
 * and their completions wait.
 */
public final class VirtioPci implements PciFunction, Stateful<VirtioPci.State> {
    /** The vector that stands for none (4.1.4.3). */
    static final int NO_VECTOR = 0xffff;

    static final int LEGACY_BAR = 0;
    static final int MSIX_BAR = 1;
    static final int MODERN_BAR = 4;

    static final int ISR_QUEUE = 1;
    static final int ISR_CONFIGURATION = 2;

    private static final int VENDOR = 0x1af4;
    /** A transitional device's ID is this and the device type less 1, with revision 0 and the type as subsystem (4.1.2.3). */
    private static final int[] TRANSITIONAL_IDS = {0, 0x1000, 0x1001, 0x1003, 0x1005};

    /**
     * @param isr          the ISR status (4.1.4.5)
     * @param configVector the MSI-X vector for changes of the configuration
     * @param queueVectors those of the queues
     * @param common       what the driver selected in the modern interface
     * @param selected     the queue that it selected in the legacy interface
     */
    public record State(PciConfiguration.State configuration, PciInterrupts.State interrupts, int isr, int configVector,
                        List<Integer> queueVectors, ModernStructures.State common, int selected) {
    }

    private final VirtioDevice device;
    private final PciConfiguration configuration;
    private final PciInterrupts interrupts;
    private final LegacyPorts legacy;
    private final ModernStructures modern;
    private final ConfigurationWindow window;
    private final int[] queueVectors;
    private int configVector = NO_VECTOR;
    private int isr;
    private long changes;

    /** @param pin the slot's INTA# */
    public VirtioPci(VirtioDevice device, InterruptLine pin, MsiTarget messages) {
        this.device = device;
        int type = device.type().id();
        configuration = new PciConfiguration(
                new PciIdentity(VENDOR, TRANSITIONAL_IDS[type], 0, device.type().pciClass(), VENDOR, type));
        interrupts = new PciInterrupts(configuration, pin, messages, device.queueCount() + 1, MSIX_BAR);
        queueVectors = new int[device.queueCount()];
        Arrays.fill(queueVectors, NO_VECTOR);
        legacy = new LegacyPorts(this, device);
        modern = new ModernStructures(this, device);
        configuration.add(new PciBar.Io(LEGACY_BAR, LegacyPorts.SIZE, legacy));
        configuration.add(new PciBar.Memory(MODERN_BAR, ModernStructures.SIZE, true, true, modern));
        modern.addCapabilities(configuration);
        window = new ConfigurationWindow(configuration, legacy, modern);
        device.connect(new ToGuest());
    }

    @Override
    public String name() {
        return device.name();
    }

    @Override
    public PciConfiguration configuration() {
        return configuration;
    }

    @Override
    public int readConfiguration(int register, int width) {
        window.beforeRead(register, width);
        return configuration.get(register, width);
    }

    @Override
    public void writeConfiguration(int register, int width, int value) {
        boolean couldReach = isMaster();
        configuration.write(register, width, value);
        window.afterWrite(register, width);
        interrupts.configurationWritten();
        if (isMaster() && !couldReach) {
            device.resume();
        }
    }

    private boolean isMaster() {
        return configuration.commands(PciConfiguration.COMMAND_MASTER);
    }

    /** The driver writes to one of the interfaces. */
    void changed() {
        changes++;
    }

    boolean usesMsix() {
        return interrupts.msix().enabled();
    }

    int configVector() {
        return configVector;
    }

    void setConfigVector(int vector) {
        configVector = existing(vector);
    }

    int queueVector(int queue) {
        return queue < queueVectors.length ? queueVectors[queue] : NO_VECTOR;
    }

    void setQueueVector(int queue, int vector) {
        if (queue < queueVectors.length) {
            queueVectors[queue] = existing(vector);
        }
    }

    /** A vector that is not there cannot be assigned, which the driver sees when it reads it back. */
    private int existing(int vector) {
        return vector < interrupts.msix().vectors() ? vector : NO_VECTOR;
    }

    /** Whether a read of the ISR status would acknowledge anything. */
    boolean hasIsr() {
        return isr != 0;
    }

    /** Reads the ISR status, which acknowledges it. */
    int takeIsr() {
        changes++;
        int taken = isr;
        isr = 0;
        interrupts.setLevel(false);
        return taken;
    }

    private void interrupt(int cause, int vector) {
        if (!usesMsix()) {
            changes++;
            isr |= cause;
            interrupts.setLevel(true);
        } else if (vector != NO_VECTOR) {
            interrupts.msix().raise(vector);
        }
    }

    /** What the device does to the guest. */
    private final class ToGuest implements VirtioDevice.Transport {
        @Override
        public void usedBuffers(int queue) {
            interrupt(ISR_QUEUE, queueVectors[queue]);
        }

        @Override
        public void configurationChanged() {
            interrupt(ISR_CONFIGURATION, configVector);
        }

        @Override
        public boolean reachesMemory() {
            return isMaster();
        }

        @Override
        public void reset() {
            changes++;
            isr = 0;
            interrupts.setLevel(false);
            configVector = NO_VECTOR;
            Arrays.fill(queueVectors, NO_VECTOR);
            modern.reset();
            legacy.reset();
        }
    }

    @Override
    public long changes() {
        return changes + configuration.changes() + interrupts.changes();
    }

    @Override
    public State state() {
        return new State(configuration.state(), interrupts.state(), isr, configVector,
                Arrays.stream(queueVectors).boxed().toList(), modern.state(), legacy.selected());
    }

    @Override
    public void restore(State state) {
        changes++;
        configuration.restore(state.configuration);
        interrupts.restore(state.interrupts);
        isr = state.isr;
        configVector = state.configVector;
        Arrays.setAll(queueVectors, state.queueVectors::get);
        modern.restore(state.common);
        legacy.select(state.selected);
    }
}
