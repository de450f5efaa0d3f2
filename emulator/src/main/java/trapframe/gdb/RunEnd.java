package trapframe.gdb;

import java.util.OptionalLong;

/**
 * Where a run is over, if the guest does not end it before.
 *
 * @param limit       the position
 * @param instruction the linear address of the instruction before which it is; empty if none is named
 */
public record RunEnd(long limit, OptionalLong instruction) { }
