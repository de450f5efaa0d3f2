package trapframe.diagnose.flow;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import trapframe.cpu.Cpu;
import trapframe.cpu.Observation;
import trapframe.diagnose.flow.Decoded.Kind;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.timeline.Runner;
import trapframe.unicorn.CpuState;
import trapframe.x86.CodeSize;
import trapframe.x86.Encoding;

/** Executes a machine's instructions one by one, and writes down what each one does. The run is the one that it would be without. To be closed before it goes on freely. */
public final class Tracer implements AutoCloseable {
    /** What {@link #unknown} says when there is no instruction to execute before something comes. */
    public static final String WAITING = "all CPUs wait";

    private final Machine machine;
    private final Runner runner;
    private final boolean liveInput;
    private final Polls polls;
    private final Accesses accesses;
    private final Observation wanted;
    private StopReason stopped;
    private String unknown = "";

    /**
     * @param runner    of the machine
     * @param liveInput as in {@link RunLimits}
     */
    public Tracer(Machine machine, Runner runner, boolean liveInput) {
        this.machine = machine;
        this.runner = runner;
        this.liveInput = liveInput;
        polls = new Polls(machine, liveInput);
        accesses = new Accesses(machine, polls);
        wanted = machine.observation();
        machine.observe(wanted.withDeliveries(true));
    }

    /** From here on the machine stops for what it stopped for before. */
    @Override
    public void close() {
        machine.observe(wanted);
    }

    /**
     * Executes the next instruction. Empty if it cannot be followed: {@link #unknown} says why, and {@link #stopped} if the machine stopped by
     * itself; it may have been executed all the same.
     */
    public Optional<Step> step() {
        OptionalInt next = machine.cpuNext();
        if (next.isEmpty()) {
            return refuse(WAITING);
        }
        Cpu cpu = machine.cpus().get(next.getAsInt());
        Step planned = plan(cpu);
        long position = machine.clock().position();
        StopReason reason = runner.run(new RunLimits(position + 1, liveInput));
        if (reason instanceof StopReason.Delivered && !wanted.deliveries()) {
            return machine.clock().position() == position ? delivery() : refuse("an interrupt or exception came");
        }
        if (!(reason instanceof StopReason.PositionLimit)) {
            stopped = reason;
            return refuse("the run stopped");
        }
        if (planned == null) {
            return Optional.empty();
        }
        if (machine.clock().position() - position != planned.length() || machine.cpuOnTurn() != cpu) {
            return refuse("something else came first");
        }
        return Optional.of(finish(planned));
    }

    /** Whether an instruction ends an interrupt at the local APIC. */
    public static boolean endsInterrupt(Step step) {
        return Accesses.endsInterrupt(step);
    }

    /**
     * Runs freely to the next interrupt or exception, and returns its delivery. Empty if there is none before the limit, or the machine
     * stopped by itself.
     */
    public Optional<Step> nextDelivery(long limit) {
        StopReason reason = runner.run(new RunLimits(limit, liveInput));
        if (reason instanceof StopReason.Delivered && !wanted.deliveries()) {
            return delivery();
        }
        if (!(reason instanceof StopReason.PositionLimit)) {
            stopped = reason;
        }
        return refuse("no interrupt came");
    }

    /** What was just delivered: the frame is where RSP is. */
    private Optional<Step> delivery() {
        Cpu cpu = machine.cpuOnTurn();
        CpuState state = cpu.state();
        boolean is64 = state.is64Bit();
        if (!is64 && !isFlat(state)) {
            return refuse("an interrupt came in code of 16 bits or with segments");
        }
        long[] registers = registers(state);
        long rsp = registers[CpuState.RSP];
        try {
            int words = is64 ? 5 : 3;
            int word = is64 ? 8 : 4;
            // With an error code the frame begins with it: RIP is where the second word says, and CS a selector with nothing above it.
            boolean error = !isSelector(cpu, rsp + word, word) && isSelector(cpu, rsp + 2L * word, word);
            Access frame = accesses.access(cpu, rsp, (words + (error ? 1 : 0)) * word, true);
            OptionalLong code = cpu.physical(state.linearRip());
            if (code.isEmpty() || !isSelector(cpu, rsp + (error ? 2L : 1L) * word, word)) {
                return refuse("the frame of an interrupt is not one that can be followed");
            }
            Decoded decoded = new Decoded(0, Kind.DELIVERY, List.of(), List.of(), 0, 0);
            return Optional.of(new Step(cpu.number(), state.linearRip(), code.getAsLong(), decoded, registers, cpu.rflags(), null,
                    new Access(frame.linear(), frame.physical(), frame.bytes(), true, 0, true), null));
        } catch (Accesses.NoRamException e) {
            return refuse("the frame of an interrupt is in no RAM");
        }
    }

    private boolean isSelector(Cpu cpu, long linear, int word) throws Accesses.NoRamException {
        long value = accesses.access(cpu, linear, word, false).before();
        return value != 0 && value >>> 16 == 0 && (value & 7) != 4 && (value & 0xfff8) != 0;
    }

    private static long[] registers(CpuState state) {
        long[] registers = new long[16];
        for (int i = 0; i < registers.length; i++) {
            registers[i] = state.register(i);
        }
        return registers;
    }

    /** Why the last instruction could not be followed. */
    public String unknown() {
        return unknown;
    }

    /** Why the machine stopped, if it did by itself. */
    public Optional<StopReason> stopped() {
        return Optional.ofNullable(stopped);
    }

    private Optional<Step> refuse(String why) {
        unknown = why;
        return Optional.empty();
    }

    private Step plan(Cpu cpu) {
        CpuState state = cpu.state();
        long rip = state.linearRip();
        boolean is64 = state.is64Bit();
        if (!is64 && !isFlat(state)) {
            return planless("code of 16 bits or with segments");
        }
        byte[] bytes = cpu.look(rip, Encoding.MAX_LENGTH);
        OptionalLong code = cpu.physical(rip);
        Optional<Decoded> decoded = Encoding.decode(bytes, 0, is64 ? CodeSize.BITS_64 : CodeSize.BITS_32, rip)
                .flatMap(Decoder::decode);
        if (decoded.isEmpty() || code.isEmpty()) {
            return planless("the instruction at 0x" + Long.toHexString(rip) + " is not one that can be followed");
        }
        long[] registers = registers(state);
        try {
            Access operand = accesses.operand(cpu, decoded.get(), registers);
            return new Step(cpu.number(), rip, code.getAsLong(), decoded.get(), registers, cpu.rflags(), operand,
                    accesses.stack(cpu, decoded.get(), registers, is64), accesses.poll(cpu, decoded.get(), registers, operand));
        } catch (Accesses.NoRamException e) {
            return planless("the instruction at 0x" + Long.toHexString(rip) + " reaches memory that is no RAM");
        }
    }

    private Step planless(String why) {
        unknown = why;
        return null;
    }

    private static boolean isFlat(CpuState state) {
        int flags = state.hflags();
        return state.isProtectedMode() && (flags & CpuState.HFLAGS_CS32) != 0 && (flags & CpuState.HFLAGS_SS32) != 0
                && (flags & CpuState.HFLAGS_ADDSEG) == 0 && state.segmentBase(CpuState.CS) == 0;
    }

    private Step finish(Step planned) {
        return new Step(planned.cpu(), planned.rip(), planned.codePhysical(), planned.decoded(), planned.registers(), planned.flags(),
                accesses.finish(planned.operand()), accesses.finish(planned.stack()), polls.finish(planned));
    }
}
