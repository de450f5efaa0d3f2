package trapframe.device.drive;

import java.nio.file.Path;

/**
 * One drive in a machine's description.
 *
 * @param file   its content at power-on, which is an input of the run
 * @param access what becomes of the guest's writes
 * @param bus    how the guest reaches it
 */
public record DriveSpec(Path file, Access access, Bus bus) {
    public enum Access {
        /** They reach the file. */
        WRITE,
        /** There are none: the guest is told so. */
        READ_ONLY,
        /** They are kept in memory, and the file stays as it is. */
        SNAPSHOT
    }

    public enum Bus {
        PCI,
        MMIO,
        /** Version 1 of virtio over MMIO, for old drivers. */
        MMIO_LEGACY
    }
}
