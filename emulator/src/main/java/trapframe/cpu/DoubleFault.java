package trapframe.cpu;

/**
 * A double fault that was delivered to its handler (SDM vol. 3A, section 6.15, interrupt 8). Its frame need not tell: the CPU state that it saves is
 * undefined by the manual, and the stack that the first fault did not fit on is not the handler's.
 *
 * @param position    the clock's position where it came
 * @param rip         linear address of the instruction at which it came
 * @param rsp         the stack pointer there
 * @param stackMapped whether there is memory for a frame there, as far as page tables tell
 * @param first       the exception that could not be delivered
 * @param second      the exception that came up on the way
 * @param cr2         CR2 behind both: the address of the last page fault
 * @param handlerRsp  the stack pointer with which the handler begins
 */
public record DoubleFault(long position, long rip, long rsp, boolean stackMapped, int first, int second, long cr2, long handlerRsp) { }
