package trapframe.explore;

import java.util.Arrays;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import trapframe.cpu.Cpu;
import trapframe.machine.Machine;
import trapframe.machine.StopReason;
import trapframe.unicorn.CpuState;

/** Where a run was interrupted: how to see that it is back there, and which stack is dead then. */
final class Interrupted {
    /** Behind so many code bytes an interrupt is taken not to come back. */
    static final long LONGEST = 100_000;
    private static final int IST = 7;
    private static final int TSS_RSP0 = 4;
    private static final int TSS_IST1 = 36;
    private static final long PAGE = 4096;
    /** What lies below the stack pointer of code that does not move it. */
    private static final long RED_ZONE = 128;
    /** An interrupt that comes while a stack of the interrupt stack table is in use by less than this does not leave it dead. */
    private static final long STACK = 16 << 10;

    private final Bench bench;
    private final Cpu cpu;
    private final long rip;
    private final long pointer;
    private final long cr3;
    private final long[] deadStacks;

    /** @param bench of one CPU, which is about to be interrupted */
    Interrupted(Bench bench) {
        this.bench = bench;
        cpu = bench.machine().cpus().getFirst();
        CpuState state = cpu.state();
        rip = state.linearRip();
        pointer = state.register(CpuState.RSP);
        cr3 = state.control(3);
        deadStacks = IntStream.rangeClosed(0, IST).mapToLong(this::stack).filter(top -> top != 0).distinct().toArray();
    }

    /** The top of a stack that the interrupt may use, and that holds nothing above what is in use; 0 if there is none. */
    private long stack(int number) {
        if (number == 0) {
            return cpu.state().cpl() == 0 ? pointer : taskPointer(TSS_RSP0);
        }
        long top = taskPointer(TSS_IST1 + Long.BYTES * (number - 1));
        return pointer <= top && top - pointer < STACK ? 0 : top;
    }

    private long taskPointer(int offset) {
        OptionalLong physical = cpu.physical(cpu.state().taskBase() + offset);
        Machine machine = bench.machine();
        return physical.isPresent() && machine.ram().isRam(physical.getAsLong(), Long.BYTES) ? machine.ram().getLong(physical.getAsLong()) : 0;
    }

    /** Linear, of the instruction that was to be next. */
    long address() {
        return rip;
    }

    /** Whether the run is where it was interrupted, in the same task as far as its stack tells. */
    boolean isBack() {
        CpuState state = cpu.state();
        return state.linearRip() == rip && state.register(CpuState.RSP) == pointer && state.control(3) == cr3;
    }

    /**
     * A way from the interrupt back.
     *
     * @param length in code bytes
     * @param depth  bytes of stack that it used
     */
    record Way(long length, long depth) { }

    /** Steps until the run is back. Returns null if it does not come back, or ends. */
    Way stepBack() {
        long start = bench.position();
        long depth = 0;
        while (bench.position() - start < LONGEST) {
            if (!(bench.run(bench.position() + 1) instanceof StopReason.PositionLimit)) {
                return null;
            }
            long now = cpu.state().register(CpuState.RSP);
            depth = Math.max(depth, depth(now));
            if (bench.position() > start + 1 && isBack()) {
                return new Way(bench.position() - start, depth + RED_ZONE);
            }
        }
        return null;
    }

    private long depth(long now) {
        return Arrays.stream(deadStacks).filter(top -> now < top && top - now < STACK).map(top -> top - now).findFirst().orElse(0);
    }

    /** Whether a cell of RAM is in a stack, below what is in use. */
    boolean isDead(long cell, long depth) {
        for (long top : deadStacks) {
            for (long page = top - depth & -PAGE; page < top; page += PAGE) {
                OptionalLong physical = cpu.physical(page);
                if (physical.isPresent() && (physical.getAsLong() & -PAGE) == (cell & -PAGE)) {
                    long linear = page + (cell & PAGE - 1);
                    return linear < top && linear >= top - depth;
                }
            }
        }
        return false;
    }
}
