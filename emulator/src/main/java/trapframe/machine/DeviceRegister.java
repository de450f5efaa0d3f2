package trapframe.machine;

import java.util.Optional;

/**
 * A register of a device, as code reaches it.
 *
 * @param device  the name of what answers there; empty if nothing does
 * @param port    whether the address is a port's, and not a physical one of memory
 * @param bytes   that are accessed, 1, 2 or 4
 */
public record DeviceRegister(Optional<String> device, boolean port, long address, int bytes) { }
