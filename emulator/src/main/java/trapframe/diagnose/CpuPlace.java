package trapframe.diagnose;

import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;
import trapframe.cpu.Activity;
import trapframe.cpu.Cpu;
import trapframe.cpu.DoubleFault;
import trapframe.machine.Machine;
import trapframe.unicorn.CpuState;

/**
 * Where a CPU stands.
 *
 * @param cpu          its number
 * @param rip          linear address of its next instruction
 * @param rsp          its stack pointer
 * @param privilege    CPL, 0 to 3
 * @param interruptsOn RFLAGS.IF
 * @param doubleFault  the last one, if the CPU is on the stack of its handler still
 */
public record CpuPlace(int cpu, long rip, long rsp, int privilege, boolean interruptsOn, Activity activity, Optional<DoubleFault> doubleFault) {
    /** More than handlers need of a stack of their own. */
    private static final long HANDLER_STACK = 16 << 10;
    /** What a handler may have popped of its frame without returning: the error code. */
    private static final long ERROR_CODE = 8;

    /** Of a CPU as it is now. */
    public static CpuPlace of(Cpu cpu) {
        CpuState state = cpu.state();
        long rsp = state.register(CpuState.RSP);
        return new CpuPlace(cpu.number(), state.linearRip(), rsp, state.cpl(), (state.eflags() & CpuState.IF) != 0, cpu.activity(),
                cpu.counts().doubleFault().filter(fault -> rsp - fault.handlerRsp() <= ERROR_CODE && fault.handlerRsp() - rsp <= HANDLER_STACK));
    }

    /** Of all CPUs, by number. */
    static List<CpuPlace> of(Machine machine) {
        return machine.cpus().stream().map(CpuPlace::of).toList();
    }

    /** As in "CPU 1 at 0xffffffff80101234 (spin_lock+0x20), interrupts off". */
    String words(boolean withNumber, LongFunction<Optional<String>> names) {
        String where = switch (activity) {
            case WAIT_FOR_SIPI -> "waits to be started";
            default -> "at 0x" + Long.toHexString(rip) + names.apply(rip).map(name -> " (" + name + ")").orElse("")
                    + (interruptsOn ? ", interrupts on" : ", interrupts off") + doubleFault.map(fault -> words(fault, names)).orElse("");
        };
        return withNumber ? "CPU " + cpu + " " + where : where;
    }

    private static String words(DoubleFault fault, LongFunction<Optional<String>> names) {
        return ", after a double fault at 0x" + Long.toHexString(fault.rip()) + names.apply(fault.rip()).map(name -> " (" + name + ")").orElse("")
                + (fault.stackMapped() ? "" : ", where " + StackFault.words(fault.rsp()));
    }
}
