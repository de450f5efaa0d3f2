package trapframe.diagnose.why;

import java.util.Optional;
import java.util.OptionalLong;
import trapframe.machine.DeviceRegister;

/**
 * A look of code at a device's register, with what it found there.
 *
 * @param at          the instruction
 * @param instruction in Intel syntax
 * @param value       what it read
 * @param tested      the bits of that which code looks at behind it; empty if that cannot be told
 * @param wanted      the value for which the code looks, if it compares for one
 */
public record RegisterRead(Place at, String instruction, DeviceRegister register, long value, OptionalLong tested, Optional<Long> wanted) { }
