package trapframe.explore;

import java.util.List;
import trapframe.cpu.Cpu;
import trapframe.cpu.CpuSnapshot;
import trapframe.machine.Machine;
import trapframe.machine.Turn;

/** The registers of all CPUs at one moment, and whose turn it is. */
record CpuStates(List<CpuSnapshot> registers, Turn turn) {
    static CpuStates of(Machine machine) {
        return new CpuStates(machine.cpus().stream().map(Cpu::snapshot).toList(), machine.turn());
    }

    /** Whether another moment has the same, but for time, and only one CPU can run: the turns of several end at certain times. */
    boolean isSame(CpuStates other) {
        boolean same = turn.isEndless() && turn.equals(other.turn);
        for (int i = 0; same && i < registers.size(); i++) {
            same = registers.get(i).isSame(other.registers.get(i));
        }
        return same;
    }
}
