package trapframe.gdb;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.LongStream;
import trapframe.cpu.Cpu;
import trapframe.cpu.CpuSnapshot;
import trapframe.cpu.Observation;
import trapframe.cpu.Watch;
import trapframe.machine.Machine;
import trapframe.machine.StopReason;
import trapframe.memory.GuestMemory;
import trapframe.timeline.Input;
import trapframe.timeline.Moment;
import trapframe.timeline.RegisterName;
import trapframe.timeline.Stop;
import trapframe.timeline.Timeline;
import trapframe.unicorn.CpuState;

/**
 * The machine that a client debugs, between two runs of it, on its timeline. All but {@link #interrupt} belongs to the thread that the
 * machine belongs to.
 */
public final class Debuggee implements Interruptible {
    private static final int RSP = 4;

    private final Timeline timeline;
    private final Machine machine;
    private final RunEnd end;
    private final DebuggedKernel kernel;
    private final RunRecorder recorder;
    private final Function<StopReason, String> words;
    private final Map<String, Moment> named = new TreeMap<>();
    private Optional<Over> over = Optional.empty();
    private boolean masked;

    private record Over(Moment moment, StopReason reason) { }

    /** @param words says why a run ended */
    public Debuggee(Timeline timeline, RunEnd end, DebuggedKernel kernel, RunRecorder recorder, Function<StopReason, String> words) {
        this.timeline = timeline;
        this.machine = timeline.machine();
        this.end = end;
        this.kernel = kernel;
        this.recorder = recorder;
        this.words = words;
    }

    Machine machine() {
        return machine;
    }

    DebuggedKernel kernel() {
        return kernel;
    }

    RunRecorder recorder() {
        return recorder;
    }

    /** Moments that the client gave names. */
    Map<String, Moment> named() {
        return named;
    }

    Timeline timeline() {
        return timeline;
    }

    /** Whether a step that an interrupt comes in runs over its handler. */
    void mask(boolean mask) {
        masked = mask;
    }

    /** In a sentence, why there is nothing behind. */
    String words(StopReason end) {
        return words.apply(end);
    }

    /**
     * Moves the machine until there is a reason to stop.
     *
     * @param code linear addresses of instructions before which it stops
     * @param data accesses behind which it stops, or before which when it goes back
     */
    Stop resume(Resume how, long[] code, List<Watch> data) {
        boolean goesBack = how instanceof Resume.ReverseContinue || how instanceof Resume.ReverseStep;
        Observation wanted = new Observation(goesBack ? code : withEnd(code), data, false);
        timeline.observe(wanted);
        Stop stop = switch (how) {
            case Resume.Continue() -> atLimit(timeline.run(end.limit()));
            case Resume.Step(int cpu) -> step(cpu, wanted);
            case Resume.StepRange(int cpu, long start, long behind) -> stepRange(cpu, start, behind, wanted);
            case Resume.ReverseContinue() -> timeline.runBack();
            case Resume.ReverseStep(int cpu) -> timeline.stepBack(OptionalInt.of(cpu));
        };
        return note(switch (stop) {
            case Stop.Breakpoint(int cpu, long address) when isEnd(address) && LongStream.of(code).noneMatch(each -> each == address) ->
                    new Stop.End(new StopReason.Breakpoint(cpu, address));
            // Somebody else asked for it: a console that shows what it was to show, a process that is to end.
            case Stop.Interrupted() when !timeline.isInterrupted() -> new Stop.End(new StopReason.Interrupted());
            default -> stop;
        });
    }

    private long[] withEnd(long[] code) {
        return LongStream.concat(LongStream.of(code), end.instruction().stream()).toArray();
    }

    private boolean isEnd(long address) {
        return end.instruction().isPresent() && end.instruction().getAsLong() == address;
    }

    /** Goes to a moment, back or ahead. */
    Stop goTo(Moment moment) {
        return note(timeline.goTo(moment));
    }

    private Stop note(Stop stop) {
        if (stop instanceof Stop.End(StopReason reason)) {
            over = Optional.of(new Over(timeline.now(), reason));
        }
        return stop;
    }

    /** Why the run is over, if the machine is where it ended. */
    public Optional<StopReason> over() {
        return over.filter(known -> known.moment.equals(timeline.now())).map(Over::reason);
    }

    private static Stop atLimit(Stop stop) {
        return stop instanceof Stop.Position ? new Stop.End(new StopReason.PositionLimit()) : stop;
    }

    /** Until the CPU has executed an instruction, or stands before a handler's first one. */
    private Stop step(int cpu, Observation wanted) {
        Cpu stepped = machine.cpus().get(cpu);
        while (true) {
            long rip = stepped.state().linearRip();
            long stack = stepped.state().register(RSP);
            long interrupts = stepped.counts().interrupts();
            Stop stop = timeline.step(OptionalInt.of(cpu));
            if (!masked || !(stop instanceof Stop.Step) || stepped.counts().interrupts() == interrupts) {
                return stop;
            }
            Optional<Stop> other = handle(cpu, rip, stack, wanted);
            if (other.isPresent()) {
                return other.get();
            }
        }
    }

    /**
     * Lets the handler that a CPU has just entered run to its end, at the instruction that it interrupted. Returns what stops it before
     * that, if anything does.
     */
    private Optional<Stop> handle(int cpu, long rip, long stack, Observation wanted) {
        long[] code = Arrays.copyOf(wanted.code(), wanted.code().length + 1);
        code[wanted.code().length] = rip;
        try {
            timeline.observe(new Observation(code, wanted.data(), false));
            while (true) {
                Stop stop = atLimit(timeline.run(end.limit()));
                boolean isThere = stop instanceof Stop.Breakpoint(int at, long address) && address == rip;
                if (isThere && stop instanceof Stop.Breakpoint(int at, long address) && at == cpu
                        && machine.cpus().get(cpu).state().register(RSP) == stack) {
                    return Optional.empty();
                }
                if (!isThere || Arrays.binarySearch(wanted.code(), rip) >= 0) {
                    return Optional.of(stop);
                }
            }
        } finally {
            timeline.observe(wanted);
        }
    }

    private Stop stepRange(int cpu, long start, long end, Observation wanted) {
        while (true) {
            Stop stop = step(cpu, wanted);
            long rip = machine.cpus().get(cpu).state().linearRip();
            boolean inside = Long.compareUnsigned(rip, start) >= 0 && Long.compareUnsigned(rip, end) < 0;
            if (!(stop instanceof Stop.Step) || !inside || Arrays.binarySearch(wanted.code(), rip) >= 0) {
                return stop;
            }
        }
    }

    @Override
    public void begin(boolean interrupted) {
        timeline.forgetInterrupt();
        if (interrupted) {
            timeline.interrupt();
        }
    }

    @Override
    public void interrupt() {
        timeline.interrupt();
    }

    /**
     * Changes bytes at a linear address, as a CPU maps it. The time behind now is forgotten.
     *
     * @throws RefusedException if there is no RAM
     */
    void write(int cpu, long linear, byte[] bytes) {
        for (int done = 0; done < bytes.length; done += pieceLength(linear + done, bytes.length - done)) {
            physical(cpu, linear + done);
        }
        for (int done = 0; done < bytes.length; ) {
            int length = pieceLength(linear + done, bytes.length - done);
            apply(new Input.Memory(physical(cpu, linear + done), Arrays.copyOfRange(bytes, done, done + length)));
            done += length;
        }
    }

    /**
     * Where a CPU finds RAM.
     *
     * @throws RefusedException if it finds none
     */
    long physical(int cpu, long linear) {
        return machine.cpus().get(cpu).physical(linear).orElseThrow(
                () -> new RefusedException("no RAM is mapped at 0x" + Long.toHexString(linear)));
    }

    /** How many of some bytes are in the page of the first. */
    static int pieceLength(long linear, int most) {
        return (int) Math.min(most, GuestMemory.PAGE_SIZE - (linear & GuestMemory.PAGE_SIZE - 1));
    }

    /** Changes a register of a CPU; of RIP the linear address is given. The time behind now is forgotten. */
    void setRegister(int cpu, RegisterName register, long value) {
        CpuSnapshot state = machine.cpus().get(cpu).snapshot();
        long base = register == RegisterName.RIP ? state.segments()[4 * CpuState.CS + 1] : 0;
        apply(new Input.Register(cpu, register, value - base));
    }

    /**
     * Something comes to the machine now. The time behind now is forgotten.
     *
     * @throws RefusedException if the machine does not take it
     */
    void apply(Input input) {
        if (!input.fits(machine.spec())) {
            throw new RefusedException("this machine can have no such input");
        }
        input.refusal(machine).ifPresent(reason -> {
            throw new RefusedException(reason);
        });
        timeline.apply(input);
        over = Optional.empty();
    }

    /** Goes back to before the first instruction. */
    void restart() {
        goTo(Moment.at(0));
    }
}
