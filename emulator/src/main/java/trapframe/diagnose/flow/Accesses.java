package trapframe.diagnose.flow;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import trapframe.cpu.Cpu;
import trapframe.diagnose.flow.Decoded.Kind;
import trapframe.machine.Machine;
import trapframe.memory.GuestMemory;
import trapframe.unicorn.CpuState;
import trapframe.x86.MemoryOperand;

/** Finds what an instruction that is about to execute accesses. */
final class Accesses {
    /** An access that cannot be followed, as no RAM is there. */
    static final class NoRamException extends Exception {
        private static final long serialVersionUID = 1;
    }

    /** Physical addresses of registers, where local APICs are at power-on. */
    private static final long END_OF_INTERRUPT = 0xfee0_00b0L;
    private static final long LOCAL_TIMER = 0xfee0_0320L;
    private static final long LOCAL_DIVIDE = 0xfee0_03e0L;
    /** The timer's initial count. */
    static final long LOCAL_COUNT = 0xfee0_0380L;
    private static final List<Long> WRITTEN = List.of(END_OF_INTERRUPT, LOCAL_TIMER, LOCAL_DIVIDE, LOCAL_COUNT);

    private final Machine machine;
    private final Polls polls;

    Accesses(Machine machine, Polls polls) {
        this.machine = machine;
        this.polls = polls;
    }

    /** Whether an instruction ends an interrupt at the local APIC. */
    static boolean endsInterrupt(Step step) {
        return step.operand() != null && step.operand().write() && step.operand().physical() == END_OF_INTERRUPT;
    }

    /** To the operand in memory, or null. */
    Access operand(Cpu cpu, Decoded decoded, long[] registers) throws NoRamException {
        Optional<Operand.Memory> written = memory(decoded.writes());
        Optional<Operand.Memory> operand = written.or(() -> memory(decoded.reads()));
        if (operand.isEmpty() || decoded.kind() == Kind.ADDRESS || isOver(decoded, registers)) {
            return null;
        }
        return access(cpu, linear(cpu, operand.get(), registers), operand.get().bytes(), written.isPresent(), true);
    }

    private static long linear(Cpu cpu, Operand.Memory operand, long[] registers) {
        MemoryOperand place = operand.place();
        long base = place.segment() == MemoryOperand.NONE ? 0 : cpu.state().segmentBase(place.segment());
        return place.offset(number -> registers[number]) + base;
    }

    /** The load of a string instruction that has another access too. */
    private Access second(Cpu cpu, Decoded decoded, long[] registers) throws NoRamException {
        Optional<Operand.Memory> first = memory(decoded.writes()).or(() -> memory(decoded.reads()));
        boolean two = decoded.reads().getLast() instanceof Operand.Memory last && !first.equals(Optional.of(last));
        if (!two || isOver(decoded, registers)) {
            return null;
        }
        Operand.Memory second = (Operand.Memory) decoded.reads().getLast();
        return access(cpu, linear(cpu, second, registers), second.bytes(), false);
    }

    /** Whether it is a string instruction that has been repeated as often as it is to be. */
    private static boolean isOver(Decoded decoded, long[] registers) {
        return decoded.repeatCount().filter(count -> (registers[count.number()] & Value.mask(count.bytes())) == 0).isPresent();
    }

    /** What the instruction does to a device, if that changes nothing. */
    Poll poll(Cpu cpu, Decoded decoded, long[] registers, Access operand) throws NoRamException {
        Optional<Poll> poll = polls.of(cpu, decoded, registers, operand);
        if (poll.isEmpty() && operand != null && !polls.isRam(cpu, operand.physical(), operand.bytes())
                && (!operand.write() || memory(decoded.reads()).isPresent())) {
            throw new NoRamException();
        }
        return poll.orElse(null);
    }

    private static Optional<Operand.Memory> memory(List<Operand> operands) {
        return operands.stream().filter(Operand.Memory.class::isInstance).map(Operand.Memory.class::cast).findFirst();
    }

    /** To the stack, or the second one of a string instruction, or null. */
    Access stack(Cpu cpu, Decoded decoded, long[] registers, boolean is64) throws NoRamException {
        int word = is64 ? 8 : 4;
        return switch (decoded.kind()) {
            case PUSH -> {
                int bytes = decoded.reads().getFirst().bytes();
                yield access(cpu, registers[CpuState.RSP] - bytes, bytes, true);
            }
            case PUSH_FLAGS, CALL -> access(cpu, registers[CpuState.RSP] - word, word, true);
            case POP -> access(cpu, registers[CpuState.RSP], decoded.writes().getFirst().bytes(), false);
            case POP_FLAGS, RETURN -> access(cpu, registers[CpuState.RSP], word, false);
            case LEAVE -> access(cpu, registers[5], word, false);
            case STRING -> second(cpu, decoded, registers);
            // Between rings in 32-bit mode there would be two words more.
            case INTERRUPT_RETURN -> access(cpu, registers[CpuState.RSP], is64 ? 5 * word : 3 * word, false);
            default -> null;
        };
    }

    /** To RAM at a linear address. */
    Access access(Cpu cpu, long linear, int bytes, boolean write) throws NoRamException {
        return access(cpu, linear, bytes, write, false);
    }

    /** @param device whether it may be a load from a device */
    private Access access(Cpu cpu, long linear, int bytes, boolean write, boolean device) throws NoRamException {
        long address = cpu.state().is64Bit() ? linear : linear & 0xffff_ffffL;
        OptionalLong first = cpu.physical(address);
        OptionalLong last = cpu.physical(address + bytes - 1);
        if (write && first.isPresent() && WRITTEN.contains(first.getAsLong())) {
            return new Access(address, first.getAsLong(), bytes, true, 0, false);
        }
        if (first.isEmpty() || last.isEmpty() || last.getAsLong() - first.getAsLong() != bytes - 1) {
            throw new NoRamException();
        }
        if (!polls.isRam(cpu, first.getAsLong(), bytes)) {
            if (!device || write) {
                throw new NoRamException();
            }
            return new Access(address, first.getAsLong(), bytes, false, 0, false);
        }
        return new Access(address, first.getAsLong(), bytes, write, content(first.getAsLong(), bytes), false);
    }

    private long content(long physical, int bytes) {
        return content(machine.ram(), physical, bytes);
    }

    /** Up to 8 bytes of RAM. */
    static long content(GuestMemory ram, long physical, int bytes) {
        long value = 0;
        for (int i = 0; i < Math.min(bytes, Long.BYTES); i++) {
            value |= (long) ram.getByte(physical + i) << 8 * i;
        }
        return value;
    }

    /** The same behind the instruction. */
    Access finish(Access access) {
        if (access == null || !access.write()) {
            return access;
        }
        boolean changed = machine.ram().isRam(access.physical(), access.bytes()) && content(access.physical(), access.bytes()) != access.before();
        return new Access(access.linear(), access.physical(), access.bytes(), true, access.before(), changed);
    }
}
