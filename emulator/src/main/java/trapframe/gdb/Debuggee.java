package trapframe.gdb;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import trapframe.cpu.Watch;
import trapframe.machine.Machine;
import trapframe.timeline.RegisterName;

/** The machine that a client debugs, between two runs of it. All but {@link #interrupt} belongs to one thread. */
public interface Debuggee {
    /** The machine, to be looked at. */
    Machine machine();

    /** The file that the machine booted, if it has symbols. */
    Optional<Path> executable();

    /**
     * Moves the machine until there is a reason to stop.
     *
     * @param code linear addresses of instructions before which it stops
     * @param data accesses behind which it stops
     * @throws RefusedException if that is impossible where it is
     */
    Stop resume(Resume how, long[] code, List<Watch> data);

    /** Ends a {@link #resume} that another thread is in, or the next one. */
    void interrupt();

    /**
     * Changes bytes at a linear address, as a CPU maps it.
     *
     * @throws RefusedException if there is no RAM
     */
    void write(int cpu, long linear, byte[] bytes);

    /** Changes a register of a CPU; of RIP the linear address is given. */
    void setRegister(int cpu, RegisterName register, long value);

    /** Goes back to before the first instruction. */
    void restart();

    /**
     * Does a command of {@code monitor}.
     *
     * @param cpu  the one that the client looks at
     * @return what it prints
     * @throws RefusedException if it cannot be done, or is none
     */
    String monitor(int cpu, String command);
}
