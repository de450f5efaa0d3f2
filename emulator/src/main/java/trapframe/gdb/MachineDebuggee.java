package trapframe.gdb;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import trapframe.cpu.Cpu;
import trapframe.cpu.CpuSnapshot;
import trapframe.cpu.Observation;
import trapframe.cpu.Watch;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.memory.GuestMemory;
import trapframe.symbols.KernelSymbols;
import trapframe.timeline.Input;
import trapframe.timeline.RegisterName;
import trapframe.timeline.Runner;
import trapframe.unicorn.CpuState;

/** A machine that runs onwards for a client. */
public final class MachineDebuggee implements Debuggee {
    private static final int RSP = 4;

    private final Machine machine;
    private final Runner runner;
    private final RunLimits limits;
    private final Optional<Path> executable;
    private final Function<StopReason, String> words;
    private final Monitor monitor;
    private volatile boolean interrupted;
    private boolean masked;
    private StopReason ended;

    /**
     * @param runner     runs the machine
     * @param limits     of the run
     * @param executable the file that the machine booted, if it has symbols
     * @param words      says why a run ended
     */
    public MachineDebuggee(Machine machine, Runner runner, RunLimits limits, Optional<Path> executable, Optional<KernelSymbols> symbols,
            Function<StopReason, String> words) {
        this.machine = machine;
        this.runner = runner;
        this.limits = limits;
        this.executable = executable;
        this.words = words;
        monitor = new Monitor(machine, symbols, mask -> masked = mask);
    }

    @Override
    public Machine machine() {
        return machine;
    }

    @Override
    public Optional<Path> executable() {
        return executable;
    }

    /** Why the run is over, if it is. */
    public Optional<StopReason> ended() {
        return Optional.ofNullable(ended);
    }

    @Override
    public Stop resume(Resume how, long[] code, List<Watch> data) {
        interrupted = false;
        if (ended != null) {
            return atEnd();
        }
        Observation wanted = new Observation(code, data, false);
        try {
            return switch (how) {
                case Resume.Continue() -> goOn(wanted);
                case Resume.Step(int cpu) -> step(cpu, wanted);
                case Resume.StepRange(int cpu, long start, long end) -> stepRange(cpu, start, end, wanted);
                case Resume.ReverseContinue() -> throw new RefusedException("going back is not possible yet");
                case Resume.ReverseStep(int cpu) -> throw new RefusedException("going back is not possible yet");
            };
        } finally {
            machine.observe(Observation.NONE);
        }
    }

    private Stop goOn(Observation wanted) {
        machine.observe(wanted);
        machine.pass();
        return stop(runner.run(limits));
    }

    /** Until the CPU has executed an instruction, or stands before a handler's first one. */
    private Stop step(int cpu, Observation wanted) {
        while (true) {
            int onTurn = machine.cpuOnTurn().number();
            long position = machine.clock().position();
            machine.observe(wanted.withDeliveries(true));
            machine.pass();
            StopReason reason = runner.run(new RunLimits(Math.min(position + 1, limits.position()), limits.liveInput()));
            if (reason instanceof StopReason.Delivered(int to)) {
                if (to != cpu) {
                    continue;
                }
                if (!masked) {
                    return new Stop.Done(cpu);
                }
                Optional<Stop> other = handle(cpu, wanted);
                if (other.isPresent()) {
                    return other.get();
                }
                continue;
            }
            if (!(reason instanceof StopReason.PositionLimit) || machine.clock().position() >= limits.position()) {
                return stop(reason);
            }
            if (interrupted) {
                return new Stop.Interrupted(cpu);
            }
            if (onTurn == cpu && machine.clock().position() > position) {
                return new Stop.Done(cpu);
            }
        }
    }

    /** Lets the handler that the CPU has just entered run to its end: back at the instruction that it interrupted. */
    private Optional<Stop> handle(int cpu, Observation wanted) {
        CpuState state = machine.cpus().get(cpu).state();
        byte[] frame = machine.cpus().get(cpu).look(state.register(RSP), 4 * Long.BYTES);
        long returnTo = frame.length < Long.BYTES ? 0
                : ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN).getLong();
        long stack = state.register(RSP);
        long[] code = Arrays.copyOf(wanted.code(), wanted.code().length + 1);
        code[wanted.code().length] = returnTo;
        while (true) {
            machine.observe(new Observation(code, wanted.data(), false));
            machine.pass();
            StopReason reason = runner.run(limits);
            boolean back = reason instanceof StopReason.Breakpoint(int at, long address) && at == cpu && address == returnTo
                    && Long.compareUnsigned(state.register(RSP), stack) > 0;
            if (back) {
                return Optional.empty();
            }
            boolean mine = reason instanceof StopReason.Breakpoint(int at, long address) && address == returnTo
                    && Arrays.binarySearch(wanted.code(), address) < 0;
            if (!mine) {
                return Optional.of(stop(reason));
            }
        }
    }

    private Stop stepRange(int cpu, long start, long end, Observation wanted) {
        while (true) {
            Stop stop = step(cpu, wanted);
            long rip = machine.cpus().get(cpu).state().linearRip();
            boolean inside = Long.compareUnsigned(rip, start) >= 0 && Long.compareUnsigned(rip, end) < 0;
            if (!(stop instanceof Stop.Done) || !inside || Arrays.binarySearch(wanted.code(), rip) >= 0) {
                return stop;
            }
        }
    }

    private Stop stop(StopReason reason) {
        int cpu = machine.cpuOnTurn().number();
        return switch (reason) {
            case StopReason.Breakpoint(int at, long address) -> new Stop.Breakpoint(at);
            case StopReason.Watchpoint(int at, var hit) -> new Stop.Watchpoint(at, hit.watch());
            case StopReason.Delivered(int at) -> new Stop.Done(at);
            case StopReason.Interrupted() when interrupted -> new Stop.Interrupted(cpu);
            default -> {
                ended = reason;
                yield atEnd();
            }
        };
    }

    private Stop atEnd() {
        return new Stop.AtEnd(machine.cpuOnTurn().number(), words.apply(ended));
    }

    @Override
    public void interrupt() {
        interrupted = true;
        machine.requestStop();
    }

    @Override
    public void write(int cpu, long linear, byte[] bytes) {
        Cpu by = machine.cpus().get(cpu);
        for (int done = 0; done < bytes.length; ) {
            long at = linear + done;
            piece(by, at);
            done += length(at, bytes.length - done);
        }
        for (int done = 0; done < bytes.length; ) {
            long at = linear + done;
            int length = length(at, bytes.length - done);
            runner.apply(new Input.Memory(piece(by, at), Arrays.copyOfRange(bytes, done, done + length)));
            done += length;
        }
    }

    private static long piece(Cpu cpu, long linear) {
        return cpu.physical(linear).orElseThrow(() -> new RefusedException("no RAM is mapped at 0x" + Long.toHexString(linear)));
    }

    private static int length(long linear, int most) {
        return (int) Math.min(most, GuestMemory.PAGE_SIZE - (linear & GuestMemory.PAGE_SIZE - 1));
    }

    @Override
    public void setRegister(int cpu, RegisterName register, long value) {
        CpuSnapshot state = machine.cpus().get(cpu).snapshot();
        long base = register == RegisterName.RIP ? state.segments()[4 * CpuState.CS + 1] : 0;
        runner.apply(new Input.Register(cpu, register, value - base));
    }

    @Override
    public void restart() {
        throw new RefusedException("a restart is not possible yet");
    }

    @Override
    public String monitor(int cpu, String command) {
        return monitor.execute(cpu, command);
    }
}
