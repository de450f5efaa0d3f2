package trapframe.diagnose.why;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * A look of code at memory, with what it found there.
 *
 * @param at          the instruction
 * @param instruction in Intel syntax
 * @param linear      address of the first byte
 * @param physical    the same in RAM; empty where there is none
 * @param bytes       1 to 64
 * @param value       what is there; empty for more than 8 bytes
 * @param atomic      whether it writes in the same access (LOCK, or XCHG)
 * @param wanted      the value for which the code looks, if it compares for one
 */
public record Load(Place at, String instruction, long linear, OptionalLong physical, int bytes, OptionalLong value, boolean atomic,
                   Optional<Long> wanted) { }
