package trapframe.diagnose;

import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;
import trapframe.cpu.Activity;
import trapframe.cpu.Cpu;
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
 */
public record CpuPlace(int cpu, long rip, long rsp, int privilege, boolean interruptsOn, Activity activity) {
    static CpuPlace of(Cpu cpu) {
        CpuState state = cpu.state();
        return new CpuPlace(cpu.number(), state.linearRip(), state.register(CpuState.RSP), state.cpl(),
                (state.eflags() & CpuState.IF) != 0, cpu.activity());
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
                    + (interruptsOn ? ", interrupts on" : ", interrupts off");
        };
        return withNumber ? "CPU " + cpu + " " + where : where;
    }
}
