package trapframe.diagnose;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import trapframe.cpu.Cpu;
import trapframe.cpu.Vector;
import trapframe.diagnose.flow.Round;
import trapframe.unicorn.CpuState;

/** What a delivery reads of memory: descriptor tables and the task state. */
final class Gates {
    // Of CpuSnapshot.segments, by fours.
    private static final int TASK = 4 * 7;
    private static final int GLOBAL = 4 * 8;
    private static final int INTERRUPT = GLOBAL + 2;

    private Gates() { }

    /** The descriptor tables, and what translates their addresses and that of the last page fault. */
    static List<Round.Bytes> tables(Cpu cpu) {
        long[] segments = cpu.snapshot().segments();
        List<Round.Bytes> tables = new ArrayList<>();
        tables.addAll(table(cpu, segments[GLOBAL], segments[GLOBAL + 1] + 1));
        tables.addAll(table(cpu, segments[INTERRUPT], segments[INTERRUPT + 1] + 1));
        addEntries(tables, cpu, segments[GLOBAL], segments[GLOBAL + 1] + 1);
        addEntries(tables, cpu, segments[INTERRUPT], segments[INTERRUPT + 1] + 1);
        addEntries(tables, cpu, segments[TASK + 1], segments[TASK + 2] + 1);
        addEntries(tables, cpu, cpu.state().control(2), 1);
        return tables;
    }

    /** The task state, which a kernel changes when it goes to another task. */
    static List<Round.Bytes> taskState(Cpu cpu) {
        long[] segments = cpu.snapshot().segments();
        return table(cpu, segments[TASK + 1], segments[TASK + 2] + 1);
    }

    private static List<Round.Bytes> table(Cpu cpu, long base, long length) {
        List<Round.Bytes> pieces = new ArrayList<>();
        for (long at = base; at < base + length; ) {
            int piece = (int) Math.min(base + length - at, 4096 - (at & 4095));
            OptionalLong physical = cpu.physical(at);
            if (physical.isPresent()) {
                pieces.add(new Round.Bytes(physical.getAsLong(), piece));
            }
            at += piece;
        }
        return pieces;
    }

    private static void addEntries(List<Round.Bytes> tables, Cpu cpu, long base, long length) {
        for (long at = base; at < base + length; at += 4096 - (at & 4095)) {
            cpu.tableEntries(at).forEach(entry -> tables.add(new Round.Bytes(entry, Long.BYTES)));
        }
    }

    /** The vector that was delivered once between two scenes, or that of the gate that leads to where the CPU is; -1 if none does, or another one too. */
    static int vector(Scene before, Scene here, Cpu cpu) {
        int[] raised = IntStream.range(0, Vector.COUNT).filter(vector -> here.exceptions()[vector] == before.exceptions()[vector] + 1).toArray();
        return raised.length == 1 ? raised[0] : vector(cpu);
    }

    private static int vector(Cpu cpu) {
        CpuState state = cpu.state();
        long[] segments = cpu.snapshot().segments();
        int bytes = state.isLongMode() ? 16 : 8;
        int found = -1;
        for (int vector = 0; vector < 256 && (vector + 1) * bytes <= segments[INTERRUPT + 1] + 1; vector++) {
            byte[] gate = cpu.look(segments[INTERRUPT] + (long) vector * bytes, bytes);
            if (gate.length == bytes && offset(gate) == state.rip()) {
                found = found == -1 ? vector : 256;
            }
        }
        return found < 256 ? found : -1;
    }

    private static long offset(byte[] gate) {
        long offset = gate[0] & 0xff | (gate[1] & 0xff) << 8 | (gate[6] & 0xffL) << 16 | (gate[7] & 0xffL) << 24;
        for (int i = 8; i < Math.min(gate.length, 12); i++) {
            offset |= (gate[i] & 0xffL) << 32 + 8 * (i - 8);
        }
        return offset;
    }
}
