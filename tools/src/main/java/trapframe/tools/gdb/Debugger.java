package trapframe.tools.gdb;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.Supplier;
import trapframe.cpu.Observation;
import trapframe.gdb.Debuggee;
import trapframe.gdb.DebuggedKernel;
import trapframe.gdb.GdbServer;
import trapframe.gdb.RunEnd;
import trapframe.gdb.RunRecorder;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.timeline.Input;
import trapframe.timeline.RunLog;
import trapframe.timeline.Runner;
import trapframe.timeline.Stop;
import trapframe.timeline.Timeline;
import trapframe.tools.UserError;

/** A run in which a debugger may come and go. */
public final class Debugger implements AutoCloseable {
    private final GdbServer server;
    private final boolean awaited;
    private final Subject subject;
    private final Machine machine;
    private final Timeline timeline;
    private boolean killed;
    private volatile boolean closed;

    /**
     * What is debugged.
     *
     * @param machine  before its first instruction
     * @param live     whether a halted machine waits for input
     * @param log      of the machine
     * @param recorder writes recordings for the debugger
     * @param until    the linear address of an instruction before which the run ends
     * @param words    says why a run ended
     */
    public record Subject(Machine machine, boolean live, RunLog log, RunRecorder recorder, DebuggedKernel kernel, OptionalLong until,
                          Function<StopReason, String> words) { }

    private Debugger(GdbServer server, boolean awaited, Subject subject) {
        this.server = server;
        this.awaited = awaited;
        this.subject = subject;
        machine = subject.machine;
        timeline = new Timeline(machine, subject.live, List.of(), Timeline.DEFAULT_BUDGET);
        timeline.keep(subject.log);
        timeline.observe(atEnd());
    }

    /** Listens, if the options want that. */
    public static Optional<Debugger> open(DebugOptions options, Supplier<Subject> subject) {
        return options.isWanted() ? Optional.of(open(options, subject.get())) : Optional.empty();
    }

    private static Debugger open(DebugOptions options, Subject subject) {
        return new Debugger(options.open(subject.machine::requestStop), options.isAwaited(), subject);
    }

    private Observation atEnd() {
        return new Observation(subject.until.stream().toArray(), List.of(), false);
    }

    /** Runs the machine on its timeline, so that a debugger can go back from where it comes. */
    public Runner runner() {
        return new Runner() {
            @Override
            public StopReason run(RunLimits limits) {
                return switch (timeline.run(limits.position())) {
                    case Stop.End(StopReason reason) -> reason;
                    case Stop.Interrupted() -> new StopReason.Interrupted();
                    case Stop.Breakpoint(int cpu, long address) -> new StopReason.Breakpoint(cpu, address);
                    default -> new StopReason.PositionLimit();
                };
            }

            @Override
            public void apply(Input input) {
                timeline.apply(input);
            }
        };
    }

    /** Whether what the guest writes is new, and not what it wrote when time was here before. */
    public boolean isNew() {
        return timeline.isNew();
    }

    /**
     * Runs the machine to its end.
     *
     * @param limit  the position at which it ends at the latest
     * @param freely runs it while there is no debugger, with {@link #runner}
     */
    public StopReason run(long limit, Supplier<StopReason> freely) {
        try {
            if (awaited) {
                server.awaitClient();
            }
            while (true) {
                if (server.clientWaits()) {
                    Optional<StopReason> over = serve(limit);
                    if (over.isPresent()) {
                        return over.get();
                    }
                }
                StopReason reason = closed ? new StopReason.Interrupted() : freely.get();
                if (!(reason instanceof StopReason.Interrupted) || !server.clientWaits()) {
                    return atFurthest(reason);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new StopReason.Interrupted();
        }
    }

    /** Lets a client debug until it leaves. Returns why the run is over, if it is. */
    private Optional<StopReason> serve(long limit) throws InterruptedException {
        takeRequest();
        Debuggee debuggee = new Debuggee(timeline, new RunEnd(limit, subject.until), subject.kernel, subject.recorder, subject.words);
        killed = server.serve(debuggee, () -> machine.join("the debugger")) == GdbServer.Left.KILLED;
        timeline.observe(atEnd());
        takeRequest();
        return killed ? Optional.of(atFurthest(new StopReason.Interrupted())) : debuggee.over();
    }

    /** A run that is recorded is recorded as far as it went, also if it is left in the past of that. */
    private StopReason atFurthest(StopReason reason) {
        boolean isThere = timeline.now().equals(timeline.furthest());
        return !isThere && subject.log.file().isPresent() && timeline.goTo(timeline.furthest()) instanceof Stop.End(StopReason end) ? end : reason;
    }

    /** A client that comes or goes asks the machine to stop, which it does here without a step. */
    private void takeRequest() {
        machine.run(new RunLimits(machine.clock().position(), true));
    }

    /** Whether the debugger ended the run. */
    public boolean killed() {
        return killed;
    }

    /** Sends a debugger away; called by any thread. */
    @Override
    public void close() {
        closed = true;
        try {
            server.close();
        } catch (IOException e) {
            throw new UserError("--gdb: " + e.getMessage());
        }
    }
}
