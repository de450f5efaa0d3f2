package trapframe.diagnose.locks;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.TreeMap;
import trapframe.cpu.CodeInstruction;
import trapframe.cpu.Cpu;
import trapframe.unicorn.CpuState;
import trapframe.x86.Encoding;

/**
 * Which stack each CPU's kernel code runs on, what it interrupted there, and whether interrupts are on. Told by deliveries, returns and loads of
 * RSP: a stack goes on that was left with just this RSP; one that nobody left is new. What an entry from a program does with RSP at its
 * beginning is no switch, nor is a call that leaves its own RSP at the top of the other stack and comes back, as for interrupt stacks.
 */
final class Flow {
    /** Code bytes of an entry from a program within which it chooses its stack. */
    private static final long ENTRY_LENGTH = 400;
    /** Two values of RSP no further apart are of one stack. */
    private static final long NEAR = 2048;
    private static final int SYSRET = 0x07;

    private static final class Processor {
        Context context;
        boolean enabled;
        long enteredAt = Long.MIN_VALUE / 2;
    }

    private final LockListener listener;
    private final Processor[] processors;
    private final Map<Long, Context> parked = new TreeMap<>();
    private int contexts;

    Flow(Iterable<Cpu> cpus, int count, LockListener listener) {
        this.listener = listener;
        processors = new Processor[count];
        for (Cpu cpu : cpus) {
            Processor processor = new Processor();
            processor.context = new Context(++contexts);
            processor.enabled = isEnabled(cpu);
            processors[cpu.number()] = processor;
        }
    }

    Context context(Cpu cpu) {
        return processors[cpu.number()].context;
    }

    boolean enabled(Cpu cpu) {
        return processors[cpu.number()].enabled;
    }

    private static boolean isEnabled(Cpu cpu) {
        return (cpu.state().eflags() & CpuState.IF) != 0;
    }

    private void enable(Cpu cpu, boolean enabled, long position) {
        Processor processor = processors[cpu.number()];
        if (enabled && !processor.enabled) {
            processor.context.open();
        }
        set(cpu, enabled, position);
    }

    private void set(Cpu cpu, boolean enabled, long position) {
        Processor processor = processors[cpu.number()];
        if (processor.enabled != enabled) {
            processor.enabled = enabled;
            listener.interruptsEnabled(cpu, processor.context, enabled, position);
        }
    }

    void delivered(Cpu cpu, long position, int vector, int from, boolean external) {
        Processor processor = processors[cpu.number()];
        if (from == 3) {
            processor.context.clear();
            processor.enteredAt = position;
        }
        processor.context.enter(vector, external, cpu.state().register(CpuState.RSP));
        set(cpu, isEnabled(cpu), position);
        listener.entered(cpu, processor.context, vector, external, position);
    }

    void systemCall(Cpu cpu, long position) {
        Processor processor = processors[cpu.number()];
        processor.context.clear();
        processor.enteredAt = position;
        processor.context.enter(-1, false, 0);
        set(cpu, isEnabled(cpu), position);
        listener.called(cpu, processor.context, position);
    }

    void flag(Cpu cpu, long position, CodeInstruction instruction) {
        boolean enabled = switch (instruction.encoding().opcode()) {
            case 0xfa -> false;
            case 0xfb -> true;
            default -> (word(cpu, cpu.state().register(CpuState.RSP)) & CpuState.IF) != 0;
        };
        enable(cpu, enabled, position + instruction.length());
    }

    /** IRET: RIP, CS, RFLAGS, RSP and SS lie at RSP. SYSRET goes to a program, with its flags in R11 (SDM vol. 2). */
    void returns(Cpu cpu, long position, CodeInstruction instruction) {
        Processor processor = processors[cpu.number()];
        long rsp = cpu.state().register(CpuState.RSP);
        boolean iret = instruction.encoding().map() == 1;
        boolean toProgram = !iret || (word(cpu, rsp + 8) & 3) == 3;
        long flags = iret ? word(cpu, rsp + 16) : instruction.encoding().opcode() == SYSRET ? cpu.state().register(CpuState.R11) : cpu.state().eflags();
        if (toProgram) {
            processor.context.clear();
        } else {
            processor.context.leave(rsp);
        }
        long behind = position + instruction.length();
        listener.left(cpu, processor.context, behind, toProgram);
        set(cpu, (flags & CpuState.IF) != 0, behind);
    }

    void stack(Cpu cpu, long position, CodeInstruction instruction) {
        Processor processor = processors[cpu.number()];
        long before = cpu.state().register(CpuState.RSP);
        long after = loaded(cpu, instruction);
        Context resumed = parked.get(after);
        boolean isEntry = position - processor.enteredAt < ENTRY_LENGTH;
        if (resumed == processor.context || resumed == null && (isEntry || Math.abs(after - before) < NEAR || word(cpu, after) == before)) {
            return;
        }
        Context from = processor.context;
        parked.remove(from.parkedAt(), from);
        from.park(before);
        parked.put(before, from);
        processor.context = resumed == null ? new Context(++contexts) : resumed;
        parked.remove(after);
        listener.switched(cpu, from, processor.context, position + instruction.length());
    }

    private static long loaded(Cpu cpu, CodeInstruction instruction) {
        CpuState state = cpu.state();
        Encoding encoding = instruction.encoding();
        return switch (encoding.opcode()) {
            case 0x5c -> word(cpu, state.register(CpuState.RSP));
            case 0x89 -> state.register(encoding.reg());
            case 0x87 -> instruction.hasMemoryOperand() ? word(cpu, instruction.address(state))
                    : state.register(encoding.rm() == CpuState.RSP ? encoding.reg() : encoding.rm());
            default -> instruction.hasMemoryOperand() ? word(cpu, instruction.address(state)) : state.register(encoding.rm());
        };
    }

    private static long word(Cpu cpu, long linear) {
        byte[] bytes = cpu.look(linear, Long.BYTES);
        return bytes.length < Long.BYTES ? 0 : ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }
}
