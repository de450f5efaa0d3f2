package trapframe.machine;

import java.util.Optional;

/**
 * A register of a device, as code reaches it.
 *
 * @param device  the name of what answers there; empty if nothing does
 * @param name    what the device's manual calls the register, if that is known
 * @param port    whether the address is a port's, and not a physical one of memory
 * @param bytes   that are accessed, 1, 2 or 4
 */
public record DeviceRegister(Optional<String> device, Optional<String> name, boolean port, long address, int bytes) {
    /** As in "the line status register of COM1, port 0x3fd". */
    public String words() {
        String place = (port ? "port 0x" : bytes + " bytes of device memory at 0x") + Long.toHexString(address);
        return device.map(known -> name.map(register -> "the " + register + " of " + known + ", " + place).orElse(place + " (" + known + ")"))
                .orElse(place + ", where no device is");
    }
}
