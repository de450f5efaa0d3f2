package trapframe.diagnose.flow;

import java.util.Optional;
import trapframe.machine.DeviceRegister;

/**
 * An access to a device that changes nothing.
 *
 * @param steady the bits that each such read gives from now on; 0 of a write
 * @param why    the device gives them, for people; empty of a write
 * @param value  what was read, or written; empty if only flags tell of it
 */
public record Poll(DeviceRegister register, boolean write, long steady, String why, Optional<Long> value) {
    /** What may be read in any round. */
    Value read() {
        return isWhollySteady() ? Value.EXACT : Value.ofBits(Value.mask(register.bytes()) & ~steady, value.orElseThrow());
    }

    boolean isWhollySteady() {
        return steady == Value.mask(register.bytes());
    }
}
