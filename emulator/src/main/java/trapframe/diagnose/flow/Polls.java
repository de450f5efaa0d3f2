package trapframe.diagnose.flow;

import java.util.List;
import java.util.Optional;
import trapframe.cpu.Cpu;
import trapframe.diagnose.flow.Decoded.Kind;
import trapframe.machine.DeviceRegister;
import trapframe.machine.DeviceRegisters;
import trapframe.machine.Machine;
import trapframe.unicorn.CpuState;

/**
 * Finds the accesses of instructions to devices that change nothing.
 *
 * <p>Where a loop makes no others, the devices are what time, their timers and input make of them; of what is read only those bits are taken to be
 * the same in each round that none of these changes, as the devices themselves say, and all others vary.
 */
final class Polls {
    private static final String CONSOLE = "COM1";
    /** Of instructions that load from a device's memory, those whose load is known from what they leave, or need not be known. */
    private static final List<Kind> LOADS = List.of(Kind.COPY, Kind.SIGN_EXTEND);
    private static final List<Kind> COMPARISONS = List.of(Kind.TEST, Kind.COMPARE);

    private final Machine machine;
    private final DeviceRegisters devices;
    private final boolean liveInput;

    /** @param liveInput whether the console may still get input */
    Polls(Machine machine, boolean liveInput) {
        this.machine = machine;
        this.liveInput = liveInput;
        devices = machine.registers();
    }

    /**
     * What an instruction that is about to execute accesses, if that changes nothing.
     *
     * @param operand its access to memory, or null
     */
    Optional<Poll> of(Cpu cpu, Decoded decoded, long[] registers, Access operand) {
        return switch (decoded.kind()) {
            // Elsewhere the bitmap of permissions would have to be looked at.
            case IN, OUT -> cpu.state().cpl() == 0 ? port(cpu, decoded, registers) : Optional.empty();
            default -> operand == null || operand.write() || isRam(cpu, operand.physical(), operand.bytes()) ? Optional.empty()
                    : memory(cpu, decoded, operand);
        };
    }

    /** Whether a CPU finds RAM at an address: its local APIC may lie over it. */
    boolean isRam(Cpu cpu, long physical, int bytes) {
        return machine.ram().isRam(physical, bytes) && !devices.isLocal(cpu.number(), physical);
    }

    private Optional<Poll> port(Cpu cpu, Decoded decoded, long[] registers) {
        boolean write = decoded.kind() == Kind.OUT;
        Operand data = write ? decoded.reads().getLast() : decoded.writes().getFirst();
        DeviceRegister register = devices.atPort((int) value(decoded.reads().getFirst(), registers), data.bytes());
        if (!write) {
            return read(cpu, register);
        }
        long value = value(data, registers);
        return devices.changesNothing(register, (int) value) ? Optional.of(new Poll(register, true, 0, "", Optional.of(value))) : Optional.empty();
    }

    private Optional<Poll> memory(Cpu cpu, Decoded decoded, Access operand) {
        boolean whole = operand.bytes() <= Integer.BYTES && operand.physical() % operand.bytes() == 0;
        boolean loads = LOADS.contains(decoded.kind()) && decoded.writes().getFirst() instanceof Operand.Register;
        if (!whole || !loads && !COMPARISONS.contains(decoded.kind())) {
            return Optional.empty();
        }
        return read(cpu, devices.inMemory(cpu.number(), operand.physical(), operand.bytes())).filter(poll -> loads || poll.isWhollySteady());
    }

    private Optional<Poll> read(Cpu cpu, DeviceRegister register) {
        long steady = liveInput && register.device().equals(Optional.of(CONSOLE)) ? 0 : devices.steadyBits(cpu.number(), register);
        return steady == 0 ? Optional.empty()
                : Optional.of(new Poll(register, false, steady, devices.whySteady(cpu.number(), register), Optional.empty()));
    }

    private static long value(Operand operand, long[] registers) {
        return switch (operand) {
            case Operand.Immediate(long value, int bytes) -> value & Value.mask(bytes);
            case Operand.Register(int number, int bytes, boolean high) -> (high ? registers[number] >>> 8 : registers[number]) & Value.mask(bytes);
            case Operand.Memory _ -> throw new IllegalArgumentException("a port's number or data is not in memory");
        };
    }

    /** The same with what was read, once the instruction has executed. */
    Poll finish(Step planned) {
        Poll poll = planned.poll();
        if (poll == null || poll.write() || planned.decoded().writes().isEmpty()) {
            return poll;
        }
        CpuState after = machine.cpus().get(planned.cpu()).state();
        Operand.Register to = (Operand.Register) planned.decoded().writes().getFirst();
        long value = to.high() ? after.register(to.number()) >>> 8 : after.register(to.number());
        return new Poll(poll.register(), false, poll.steady(), poll.why(), Optional.of(value & Value.mask(poll.register().bytes())));
    }
}
