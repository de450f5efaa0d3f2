package trapframe.device.virtio;

/**
 * What one kind of virtio device does, however the guest reaches it (chapter 5). Its state is its own: the machine asks each type
 * for it besides the {@link VirtioDevice}.
 */
public interface DeviceType {
    /** Tells the type where its buffers come from. Part of building the machine. */
    void connect(VirtioDevice device);

    /** The device ID (5). */
    int id();

    /** The PCI class code, 24 bits. */
    int pciClass();

    /** The feature bits of its own that it offers, 0 to 23. */
    long features();

    /** How many queues it has, 1 to 63. */
    int queues();

    /** The most entries of each of them, a power of two. */
    int queueSize();

    /** The device-specific configuration as it is now (2.5), little-endian. */
    byte[] configuration();

    /** The driver wrote to the configuration; what cannot be written stays. */
    void writeConfiguration(int offset, int width, long value);

    /**
     * The driver made buffers available, or the device may reach memory again. Called between instructions, so that the type may
     * read and write guest memory.
     */
    void process(int queue);

    /** Forgets everything that came from the driver. */
    void reset();
}
