package trapframe.diagnose.flow;

import java.util.Arrays;

/** What is not the same in each round of a loop, at one place of it: of the registers and flags of a CPU, and of memory. */
final class FlowState {
    private final Value[] registers = new Value[16];
    private final VaryingMemory memory;
    private int flags;

    FlowState() {
        Arrays.fill(registers, Value.EXACT);
        memory = new VaryingMemory();
    }

    FlowState(FlowState other) {
        System.arraycopy(other.registers, 0, registers, 0, registers.length);
        memory = new VaryingMemory(other.memory);
        flags = other.flags;
    }

    Value register(int number) {
        return registers[number];
    }

    void setRegister(int number, Value value) {
        registers[number] = value;
    }

    VaryingMemory memory() {
        return memory;
    }

    /** The arithmetic flags that may be others. */
    int flags() {
        return flags;
    }

    void setFlags(int written, int varying) {
        flags = flags & ~written | varying & written;
    }
}
