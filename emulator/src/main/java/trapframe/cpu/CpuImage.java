package trapframe.cpu;

/**
 * Everything of a CPU that determines what it will do, and what it counted: a {@link Cpu} made of it goes on as the one that it was taken of.
 * RAM, devices and time are not in it, nor what only makes things fast.
 *
 * @param registers         as the engine keeps them, with what the guest cannot see: lazy flags, segment caches, the interrupt shadow
 * @param turnEnd           where the turn ends
 * @param timeStampOffset   what the time-stamp counter is ahead of virtual time, in nanoseconds
 * @param memoryTypes       the memory type range registers
 * @param breakpointHits    data breakpoints that were hit and are to be reported, as bits of DR6
 * @param a20Enabled        whether the A20 line is on
 */
public record CpuImage(byte[] registers, Pins.State pins, TurnEnd.State turnEnd, long timeStampOffset, long[] memoryTypes,
                       int breakpointHits, boolean a20Enabled, CpuCounts.State counts) { }
