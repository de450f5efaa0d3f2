package trapframe.symbols;

import java.util.List;

/**
 * The functions on a stack, from the one that runs to the one that nobody called.
 *
 * @param end why there are no more
 */
public record Backtrace(List<Frame> frames, End end) {
    /** Why a walk along a stack ended. */
    public enum End {
        /** The last frame has no caller. */
        OUTERMOST,
        /** The last frame's code is not the kernel's. */
        FOREIGN_CODE,
        /** Nothing tells who called the last frame. */
        LOST,
        /** There are as many frames as were asked for. */
        LIMIT
    }
}
