package trapframe.cpu;

/**
 * How an interrupt or exception, and what ran before it was over, used the stack that it was delivered on.
 *
 * @param frame  linear, of the frame that was pushed
 * @param lowest the lowest stack pointer below it that was seen
 */
public record StackUse(long frame, long lowest) { }
