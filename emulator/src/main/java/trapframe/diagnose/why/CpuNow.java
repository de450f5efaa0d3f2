package trapframe.diagnose.why;

import java.util.Optional;

/**
 * A CPU at the moment that is explained.
 *
 * @param does         "spins", "waits for an interrupt" or the like
 * @param task         the kernel's task that it runs, if that is known
 * @param interruptsOn RFLAGS.IF
 * @param interrupts   what the controllers have for it
 * @param privilege    CPL, 0 to 3
 */
public record CpuNow(int cpu, String does, Optional<String> task, boolean interruptsOn, InterruptState interrupts, int privilege, Stack stack,
                     Optional<Spin> spin) { }
