package trapframe.tools.gdb;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import trapframe.boot.BootImage;
import trapframe.gdb.GdbServer;
import trapframe.gdb.MachineDebuggee;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.SymbolsException;
import trapframe.timeline.Runner;
import trapframe.tools.UserError;

/** A run in which a debugger may come and go. */
public final class Debugger implements AutoCloseable {
    private final GdbServer server;
    private final boolean awaited;
    private final Machine machine;
    private final Optional<Path> executable;
    private final Optional<KernelSymbols> symbols;
    private final Function<StopReason, String> words;
    private boolean killed;

    private Debugger(GdbServer server, boolean awaited, Machine machine, BootImage image, Function<StopReason, String> words) {
        this.server = server;
        this.awaited = awaited;
        this.machine = machine;
        this.words = words;
        symbols = symbols(image);
        executable = symbols.map(known -> Path.of(image.file().name()).toAbsolutePath());
    }

    /**
     * Listens, if the options want that.
     *
     * @param words says why a run ended
     */
    public static Optional<Debugger> open(DebugOptions options, Machine machine, BootImage image, Function<StopReason, String> words) {
        return options.open(machine::requestStop).map(server -> new Debugger(server, options.isAwaited(), machine, image, words));
    }

    /** A file without symbols is debugged without. */
    private static Optional<KernelSymbols> symbols(BootImage image) {
        try {
            return Optional.of(KernelSymbols.open(Path.of(image.file().name())));
        } catch (SymbolsException e) {
            return Optional.empty();
        }
    }

    /**
     * Runs the machine to its end.
     *
     * @param runner runs it while there is a debugger
     * @param freely runs it while there is none
     */
    public StopReason run(Runner runner, RunLimits limits, Supplier<StopReason> freely) {
        try {
            if (awaited) {
                server.awaitClient();
            }
            while (true) {
                if (server.clientWaits()) {
                    takeRequest(runner, limits);
                    MachineDebuggee debuggee = new MachineDebuggee(machine, runner, limits, executable, symbols, words);
                    killed = server.serve(debuggee, () -> machine.join("the debugger")) == GdbServer.Left.KILLED;
                    if (killed || debuggee.ended().isPresent()) {
                        return debuggee.ended().orElse(new StopReason.Interrupted());
                    }
                    takeRequest(runner, limits);
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

    /** A client that comes or goes asks the machine to stop, which it does here without a step. */
    private void takeRequest(Runner runner, RunLimits limits) {
        runner.run(new RunLimits(machine.clock().position(), limits.liveInput()));
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
