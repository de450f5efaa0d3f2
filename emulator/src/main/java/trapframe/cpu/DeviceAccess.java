package trapframe.cpu;

import java.util.Optional;

/**
 * A read or write of a device by a CPU.
 *
 * @param device  its name; empty where nothing answers
 * @param port    whether the address is a port's, and not a physical one of memory
 * @param width   in bytes
 * @param value   what was read or written
 */
public record DeviceAccess(Optional<String> device, boolean port, long address, int width, boolean write, long value) {
    /** The name of a CPU's own local APIC. */
    public static final String LOCAL_APIC = "local APIC";
}
