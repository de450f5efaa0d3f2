package trapframe.tools.gdb;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import trapframe.cpu.Observation;
import trapframe.gdb.Debuggee;
import trapframe.gdb.GdbServer;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.tasks.TaskReader;
import trapframe.timeline.Input;
import trapframe.timeline.Runner;
import trapframe.timeline.Stop;
import trapframe.timeline.Timeline;
import trapframe.tools.UserError;

/** A run in which a debugger may come and go. */
public final class Debugger implements AutoCloseable {
    private final GdbServer server;
    private final boolean awaited;
    private final Machine machine;
    private final Timeline timeline;
    private final Optional<KernelSymbols> symbols;
    private final Optional<TaskReader> tasks;
    private final Function<StopReason, String> words;
    private boolean killed;

    private Debugger(GdbServer server, boolean awaited, Timeline timeline, Optional<KernelSymbols> symbols,
            Optional<TaskReader> tasks, Function<StopReason, String> words) {
        this.server = server;
        this.awaited = awaited;
        this.machine = timeline.machine();
        this.timeline = timeline;
        this.symbols = symbols;
        this.tasks = tasks;
        this.words = words;
    }

    /**
     * Listens, if the options want that.
     *
     * @param machine before its first instruction
     * @param live    whether a halted machine waits for input
     * @param symbols what names addresses; a debugger reads the file too if it is an ELF file
     * @param tasks   reads the kernel's tasks, with the same symbols
     * @param words   says why a run ended
     */
    public static Optional<Debugger> open(DebugOptions options, Machine machine, boolean live, Optional<KernelSymbols> symbols,
            Optional<TaskReader> tasks, Function<StopReason, String> words) {
        return options.open(machine::requestStop).map(server -> new Debugger(server, options.isAwaited(),
                new Timeline(machine, live, List.of(), Timeline.DEFAULT_BUDGET), symbols, tasks, words));
    }

    /** Runs the machine on its timeline, so that a debugger can go back from where it comes. */
    public Runner runner() {
        return new Runner() {
            @Override
            public StopReason run(RunLimits limits) {
                return switch (timeline.run(limits.position())) {
                    case Stop.End(StopReason reason) -> reason;
                    case Stop.Interrupted() -> new StopReason.Interrupted();
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
                    takeRequest();
                    killed = server.serve(new Debuggee(timeline, limit, executable(), symbols, tasks, words), () -> machine.join("the debugger"))
                            == GdbServer.Left.KILLED;
                    timeline.observe(Observation.NONE);
                    takeRequest();
                    if (killed) {
                        return new StopReason.Interrupted();
                    }
                }
                StopReason reason = freely.get();
                if (!(reason instanceof StopReason.Interrupted) || !server.clientWaits()) {
                    return reason;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new StopReason.Interrupted();
        }
    }

    private Optional<Path> executable() {
        return symbols.filter(KernelSymbols::isElf).map(known -> Path.of(known.name()).toAbsolutePath());
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
        try {
            server.close();
        } catch (IOException e) {
            throw new UserError("--gdb: " + e.getMessage());
        }
    }
}
