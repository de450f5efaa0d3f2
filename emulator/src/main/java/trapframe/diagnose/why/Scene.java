package trapframe.diagnose.why;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import trapframe.capstone.DecodedInstruction;
import trapframe.capstone.Disassembler;
import trapframe.capstone.Operand;
import trapframe.cpu.Cpu;
import trapframe.cpu.CpuSnapshot;
import trapframe.machine.Machine;
import trapframe.symbols.Backtrace;
import trapframe.symbols.FrameRegisters;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.MemoryView;
import trapframe.symbols.SymbolsException;
import trapframe.symbols.tasks.Task;
import trapframe.symbols.tasks.TaskReader;
import trapframe.timeline.Timeline;
import trapframe.unicorn.CpuState;
import trapframe.x86.CodeSize;
import trapframe.x86.Encoding;
import trapframe.x86.GeneralRegister;

/** What can be seen of the machine at the moment at which its timeline stands. */
final class Scene implements AutoCloseable {
    private static final int MOST_FRAMES = 64;
    private static final int FS_BASE = 4 * CpuState.FS + 1;
    private static final int EFER = 0;
    private static final int LONG_MODE_ACTIVE = 1 << 10;
    private static final int GS_BASE = 4 * CpuState.GS + 1;

    private final Timeline timeline;
    private final Machine machine;
    private final KernelSymbols symbols;
    private final Optional<TaskReader> taskReader;
    private final Map<CodeSize, Disassembler> disassemblers = new EnumMap<>(CodeSize.class);

    Scene(Timeline timeline, Optional<KernelSymbols> symbols, Optional<TaskReader> taskReader) {
        this.timeline = timeline;
        machine = timeline.machine();
        this.symbols = symbols.orElseGet(() -> KernelSymbols.none(address -> machine.cpus().getFirst().physical(address).isPresent()));
        this.taskReader = taskReader;
    }

    Timeline timeline() {
        return timeline;
    }

    Machine machine() {
        return machine;
    }

    KernelSymbols symbols() {
        return symbols;
    }

    Optional<TaskReader> taskReader() {
        return taskReader;
    }

    Cpu cpu(int number) {
        return machine.cpus().get(number);
    }

    long position() {
        return machine.clock().position();
    }

    Backtrace backtrace(Cpu cpu) {
        return backtrace(cpu, MOST_FRAMES);
    }

    Backtrace backtrace(Cpu cpu, int most) {
        CpuSnapshot state = cpu.snapshot();
        return symbols.unwinder(cpu::look).backtrace(FrameRegisters.of(state.rip(), state.registers()), most);
    }

    /** @param running the registers of who runs, or would */
    Backtrace backtrace(FrameRegisters running, MemoryView memory) {
        return symbols.unwinder(memory).backtrace(running, MOST_FRAMES);
    }

    Stack stack(Cpu cpu) {
        return Stack.of(backtrace(cpu), symbols);
    }

    /** The tasks; none where they cannot be told, as before there are some. */
    List<Task> tasks() {
        for (Cpu cpu : machine.cpus()) {
            try {
                return taskReader.isEmpty() ? List.of() : taskReader.get().read(cpu::look, machine.cpus().size());
            } catch (SymbolsException e) {
                // Another CPU may have the kernel's tables.
            }
        }
        return List.of();
    }

    Optional<Task> currentTask(int cpu) {
        return tasks().stream().filter(task -> task.cpu().isPresent() && task.cpu().getAsInt() == cpu).findFirst();
    }

    Actor actor(int cpu) {
        return new Actor(cpu, currentTask(cpu).map(Task::toString));
    }

    /** What a CPU is about to do. */
    Event event(int cpu) {
        Cpu who = cpu(cpu);
        return new Event(position(), machine.clock().nanos(), actor(cpu), instruction(who).map(decoded -> decoded.instruction().text())
                .orElse("?"), stack(who));
    }

    /** The instruction that is next. */
    Optional<DecodedInstruction> instruction(Cpu cpu) {
        return instruction(cpu, cpu.state().linearRip());
    }

    Optional<DecodedInstruction> instruction(Cpu cpu, long address) {
        byte[] code = cpu.look(address, Encoding.MAX_LENGTH);
        Disassembler disassembler = disassemblers.computeIfAbsent(cpu.state().codeSize(), Disassembler::new);
        return code.length == 0 ? Optional.empty() : disassembler.decodeOperands(code, 0, address);
    }

    /** The linear address of an operand, with the registers that a CPU has before the instruction. */
    static long address(DecodedInstruction instruction, Operand.Memory memory, CpuSnapshot state) {
        long segment = memory.segment().map(name -> switch (name) {
            case "fs" -> state.segments()[FS_BASE];
            case "gs" -> state.segments()[GS_BASE];
            default -> 0L;
        }).orElse(0L);
        long base = memory.base().map(name -> register(name, instruction, state)).orElse(0L);
        long index = memory.index().map(name -> register(name, instruction, state)).orElse(0L);
        long address = segment + base + index * memory.scale() + memory.displacement();
        return (state.model()[EFER] & LONG_MODE_ACTIVE) != 0 ? address : address & 0xffff_ffffL;
    }

    private static long register(String name, DecodedInstruction instruction, CpuSnapshot state) {
        if (name.equals("rip")) {
            return instruction.address() + instruction.length();
        }
        OptionalInt number = GeneralRegister.number(name);
        boolean isHalf = !GeneralRegister.NAMES.contains(name);
        return number.isEmpty() ? 0 : isHalf ? state.registers()[number.getAsInt()] & 0xffff_ffffL : state.registers()[number.getAsInt()];
    }

    /** A number in the memory that a CPU sees; empty where there is none. */
    static OptionalLong number(Cpu cpu, long linear, int bytes) {
        byte[] found = bytes <= Long.BYTES ? cpu.look(linear, bytes) : new byte[0];
        if (found.length < bytes || bytes == 0) {
            return OptionalLong.empty();
        }
        long value = 0;
        for (int i = bytes - 1; i >= 0; i--) {
            value = value << Byte.SIZE | found[i] & 0xff;
        }
        return OptionalLong.of(value);
    }

    /** The same in RAM. */
    long number(long physical, int bytes) {
        long value = 0;
        for (int i = bytes - 1; i >= 0; i--) {
            value = value << Byte.SIZE | machine.ram().getByte(physical + i);
        }
        return value;
    }

    /** What a CPU's registers are, as one value that can be compared. */
    record Registers(long rip, long[] general, int flags) {
        static Registers of(Cpu cpu) {
            CpuSnapshot state = cpu.snapshot();
            return new Registers(state.rip(), state.registers(), state.rflags());
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Registers that && rip == that.rip && flags == that.flags && Arrays.equals(general, that.general);
        }

        @Override
        public int hashCode() {
            return Long.hashCode(rip);
        }
    }

    @Override
    public void close() {
        disassemblers.values().forEach(Disassembler::close);
    }
}
