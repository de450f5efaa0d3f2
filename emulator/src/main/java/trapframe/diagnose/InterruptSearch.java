package trapframe.diagnose;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import trapframe.codec.Codec;
import trapframe.cpu.Cpu;
import trapframe.cpu.CpuSnapshot;
import trapframe.cpu.Vector;
import trapframe.device.IntervalTimer8254;
import trapframe.diagnose.flow.Access;
import trapframe.diagnose.flow.Round;
import trapframe.diagnose.flow.Step;
import trapframe.diagnose.flow.Tracer;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.timeline.Runner;
import trapframe.unicorn.CpuState;

/**
 * Looks whether one interrupt or exception comes again and again, and leaves everything as it was: a tick that finds the CPUs waiting, or a CPU in a
 * loop that is proved by itself; or a storm, where the handler returns to what raised it.
 *
 * <p>A round goes from one delivery to the next at the same place. It is followed as a loop is ({@link Round}). What the machine is besides, the devices' states, the segments and control
 * registers, the interrupted place, is compared at both ends.
 */
final class InterruptSearch {
    /** What came of a search. */
    sealed interface Outcome { }

    /**
     * @param round  from one delivery to the next
     * @param vector what is delivered
     * @param period positions from one to the next
     * @param waited whether the CPU waited in between
     * @param open   whether the CPU let interrupts in on the way
     */
    record Found(Round round, int vector, long period, boolean waited, boolean open) implements Outcome {
        /**
         * Whether what raises it does so again. A page fault depends on registers and page tables, of which none varies; for other exceptions
         * nothing at all may vary; an interrupt's line is as it was.
         */
        boolean isRepeated() {
            return vector >= Vector.COUNT || round.varying().stream().noneMatch(varying -> varying.register() >= 0 || vector != Vector.PAGE_FAULT);
        }
    }

    record NotFound(String why) implements Outcome { }

    record Stopped(StopReason reason) implements Outcome { }

    /** The machine right behind a delivery, but for memory and general registers. */
    private record Scene(long position, long rip, long rsp, byte[] frame, CpuSnapshot cpu, List<byte[]> devices, List<Boolean> armed,
                         long[] exceptions) { }

    private final Machine machine;
    private final RunLimits limits;
    private final Tracer tracer;
    private final Optional<Round> loop;
    private final List<Step> steps = new ArrayList<>();
    private Scene begin;
    private Step interrupted;
    private byte[] interruptedFrame;
    private int executed;
    private int visits;
    private boolean waited;

    /** @param loop that the CPU is in */
    InterruptSearch(Machine machine, Runner runner, RunLimits limits, Optional<Round> loop) {
        this.machine = machine;
        this.limits = limits;
        this.loop = loop;
        tracer = new Tracer(machine, runner, limits.liveInput());
    }

    /** How many instructions were followed. */
    int steps() {
        return executed;
    }

    /** @param most instructions that may be followed */
    Outcome search(int most) {
        try (tracer) {
            return follow(most);
        }
    }

    private Outcome follow(int most) {
        Optional<Step> step = tracer.nextDelivery(limits.position());
        while (executed < most && machine.clock().position() < limits.position()) {
            if (step.isEmpty()) {
                return tracer.stopped().<Outcome>map(Stopped::new).orElseGet(() -> new NotFound(tracer.unknown()));
            }
            executed++;
            if (!steps.isEmpty() && step.get().cpu() != steps.getFirst().cpu() || loop.isPresent() && step.get().cpu() != loopCpu()) {
                return new NotFound("interrupts come to several CPUs");
            }
            if (loop.isPresent() && disturbs(step.get(), loop.get())) {
                return new NotFound("what interrupts the loop changes something that it uses");
            }
            if (step.get().isDelivery()) {
                Optional<Outcome> outcome = delivered(step.get());
                if (outcome.isPresent()) {
                    return outcome.get();
                }
            }
            steps.add(step.get());
            step = next(step.get());
        }
        return new NotFound("no interrupt came again at the same place within " + most + " instructions");
    }

    private Optional<Step> next(Step last) {
        if (loop.isPresent() && last.isInterruptReturn() && isInLoop(last.cpu())) {
            return givesBack(last.cpu()) ? tracer.nextDelivery(limits.position()) : Optional.empty();
        }
        Optional<Step> step = tracer.step();
        if (step.isEmpty() && tracer.stopped().isEmpty() && tracer.unknown().equals(Tracer.WAITING)) {
            waited = true;
            return tracer.nextDelivery(limits.position());
        }
        return step;
    }

    private int loopCpu() {
        return loop.orElseThrow().steps().getFirst().cpu();
    }

    /** Of the rounds that are not looked at, too, nothing may be left in the loop. */
    private static boolean disturbs(Step step, Round loop) {
        return step.accesses().stream().filter(Access::changed).anyMatch(access -> loop.uses(access.physical(), access.bytes()));
    }

    /** Whether the CPU has the registers, RIP and flags that it had when the interrupt came. */
    private boolean givesBack(int number) {
        Cpu cpu = machine.cpus().get(number);
        Access frame = interrupted.stack();
        int word = frame.bytes() >= 40 ? 8 : 4;
        int error = frame.bytes() / word % 2 == 0 ? word : 0;
        boolean same = word(interruptedFrame, error, word) == cpu.state().rip()
                && ((word(interruptedFrame, error + 2 * word, word) ^ cpu.rflags()) & ~CpuState.RF) == 0
                && cpu.state().register(CpuState.RSP) == (word == 8 ? word(interruptedFrame, error + 3 * word, word)
                        : interrupted.registers()[CpuState.RSP] + frame.bytes());
        for (int i = 0; i < 16; i++) {
            same &= i == CpuState.RSP || cpu.state().register(i) == interrupted.registers()[i];
        }
        return same;
    }

    private static long word(byte[] frame, int at, int bytes) {
        long value = 0;
        for (int i = bytes - 1; i >= 0; i--) {
            value = value << 8 | frame[at + i] & 0xff;
        }
        return value;
    }

    private boolean isInLoop(int cpu) {
        long rip = machine.cpus().get(cpu).state().linearRip();
        return loop.orElseThrow().steps().stream().anyMatch(step -> step.rip() == rip);
    }

    /** The first round is not looked at: in it the processor may still set flags in page tables. */
    private Optional<Outcome> delivered(Step delivery) {
        if (begin != null && (delivery.rip() != begin.rip || delivery.registers()[CpuState.RSP] != begin.rsp)) {
            return loop.isPresent() ? Optional.of(new NotFound("another interrupt or exception comes")) : Optional.empty();
        }
        Scene here = scene(delivery);
        interrupted = delivery;
        interruptedFrame = here.frame;
        if (visits++ == 0 || visits == 2) {
            steps.clear();
            begin = here;
            waited = false;
            return Optional.empty();
        }
        Optional<String> difference = difference(begin, here);
        if (difference.isPresent()) {
            return Optional.of(new NotFound(difference.get()));
        }
        Cpu cpu = machine.cpus().get(delivery.cpu());
        return Optional.of(switch (Round.examine(steps, machine, new Round.Surrounded(true, loop, systemTables(cpu)))) {
            case Round.Proved(Round round) -> new Found(round, vector(begin, here, cpu), here.position - begin.position, waited, isOpen(here));
            case Round.Refused(String why) -> new NotFound(why);
        });
    }

    private boolean isOpen(Scene here) {
        int word = here.frame.length >= 40 ? 8 : 4;
        int flags = (here.frame.length / word % 2 == 0 ? 3 : 2) * word;
        return (here.frame[flags + 1] & CpuState.IF >> 8) != 0 || steps.stream().anyMatch(step -> (step.flags() & CpuState.IF) != 0);
    }

    private Scene scene(Step delivery) {
        Cpu cpu = machine.cpus().get(delivery.cpu());
        byte[] frame = machine.ram().read(delivery.stack().physical(), delivery.stack().bytes());
        return new Scene(machine.clock().position(), delivery.rip(), delivery.registers()[CpuState.RSP], frame, cpu.snapshot(), devices(),
                machine.deadlines().stream().map(deadline -> deadline != Long.MAX_VALUE).toList(),
                LongStream.range(0, Vector.COUNT).map(vector -> cpu.counts().exceptions((int) vector)).toArray());
    }

    /** The states of the devices; that of the 8254, which counts and which nothing here touches, is its own. */
    @SuppressWarnings("unchecked")
    private List<byte[]> devices() {
        return machine.deviceStates().stream().map(Machine.DeviceState::state).filter(state -> !(state instanceof IntervalTimer8254.State))
                .map(state -> ((Codec<Record>) Codec.of(state.getClass())).toBytes(state)).toList();
    }

    private Optional<String> difference(Scene one, Scene other) {
        if (!isSameFrame(one.frame, other.frame)) {
            return Optional.of("it interrupts another place");
        }
        if (one.devices.size() != other.devices.size() || !sameDevices(one.devices, other.devices) || !one.armed.equals(other.armed)) {
            return Optional.of("a device is not as it was");
        }
        CpuSnapshot a = one.cpu;
        CpuSnapshot b = other.cpu;
        boolean same = Arrays.equals(a.segments(), b.segments()) && Arrays.equals(a.control(), b.control()) && Arrays.equals(a.debug(), b.debug())
                && Arrays.equals(a.model(), b.model()) && Arrays.equals(a.memoryTypes(), b.memoryTypes()) && Arrays.equals(a.vector(), b.vector())
                && Arrays.equals(a.pending(), b.pending()) && a.hits() == b.hits();
        return same ? Optional.empty() : Optional.of("segments, control registers or the like are not as they were");
    }

    private static boolean sameDevices(List<byte[]> one, List<byte[]> other) {
        for (int i = 0; i < one.size(); i++) {
            if (!Arrays.equals(one.get(i), other.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** Anywhere in a loop RIP and the flags are not the same, and are not looked at by what comes. */
    private boolean isSameFrame(byte[] one, byte[] other) {
        if (loop.isEmpty()) {
            return Arrays.equals(one, other);
        }
        int word = one.length >= 40 ? 8 : 4;
        int rip = one.length / word % 2 == 0 ? word : 0;
        for (int i = 0; i < one.length; i++) {
            boolean varies = i >= rip && i < rip + word || i >= rip + 2 * word && i < rip + 3 * word;
            if (!varies && one[i] != other[i]) {
                return false;
            }
        }
        return true;
    }

    /** The descriptor tables and the task state, which a delivery reads, and the tables that made a page fault. */
    private List<Round.Bytes> systemTables(Cpu cpu) {
        long[] segments = cpu.snapshot().segments();
        List<Round.Bytes> tables = new ArrayList<>();
        addTable(tables, cpu, segments[32], segments[33] + 1);
        addTable(tables, cpu, segments[34], segments[35] + 1);
        addTable(tables, cpu, segments[4 * 7 + 1], segments[4 * 7 + 2] + 1);
        cpu.tableEntries(cpu.state().control(2)).forEach(entry -> tables.add(new Round.Bytes(entry, Long.BYTES)));
        return tables;
    }

    private static void addTable(List<Round.Bytes> tables, Cpu cpu, long base, long length) {
        for (long at = base; at < base + length; ) {
            int piece = (int) Math.min(base + length - at, 4096 - (at & 4095));
            OptionalLong physical = cpu.physical(at);
            if (physical.isPresent()) {
                tables.add(new Round.Bytes(physical.getAsLong(), piece));
                cpu.tableEntries(at).forEach(entry -> tables.add(new Round.Bytes(entry, Long.BYTES)));
            }
            at += piece;
        }
    }

    /** The vector that was delivered once since another scene, or that of the gate. */
    private static int vector(Scene before, Scene here, Cpu cpu) {
        int[] raised = IntStream.range(0, Vector.COUNT).filter(vector -> here.exceptions[vector] == before.exceptions[vector] + 1).toArray();
        return raised.length == 1 ? raised[0] : vector(cpu);
    }

    /** The vector whose gate leads to where the CPU is; -1 if none does, or another one too. */
    private static int vector(Cpu cpu) {
        CpuState state = cpu.state();
        long[] segments = cpu.snapshot().segments();
        int bytes = state.isLongMode() ? 16 : 8;
        int found = -1;
        for (int vector = 0; vector < 256 && (vector + 1) * bytes <= segments[35] + 1; vector++) {
            byte[] gate = cpu.look(segments[34] + (long) vector * bytes, bytes);
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
