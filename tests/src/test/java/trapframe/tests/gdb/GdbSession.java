package trapframe.tests.gdb;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import trapframe.cpu.Observation;
import trapframe.gdb.Debuggee;
import trapframe.gdb.DebuggedKernel;
import trapframe.gdb.GdbServer;
import trapframe.gdb.RemoteFile;
import trapframe.gdb.RunEnd;
import trapframe.gdb.RunRecorder;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.tasks.KernelDescription;
import trapframe.symbols.tasks.TaskReader;
import trapframe.tests.timeline.SproutMachine;
import trapframe.timeline.Timeline;

/** Sprout in a machine that a debugger is connected to. */
final class GdbSession {
    static final Path SPROUT = SproutMachine.IMAGE;
    private static final long MINUTES = 3;
    private static final long MEMORY = 16 << 20;
    static final RunLimits LIMITS = new RunLimits(3_000_000_000L);

    private static final RunRecorder NO_RECORDER = new RunRecorder() {
        @Override
        public String describe() {
            return "";
        }

        @Override
        public void write(Path file) {
            throw new UnsupportedOperationException();
        }
    };

    private GdbSession() { }

    private static DebuggedKernel kernel() {
        KernelSymbols symbols = KernelSymbols.open(SPROUT);
        return new DebuggedKernel(Optional.of(RemoteFile.of(SPROUT)), Optional.of(symbols),
                KernelDescription.shippedFor(symbols).map(description -> new TaskReader(description, symbols)));
    }

    static Machine sprout(String commandLine, int cpus) {
        return SproutMachine.open(MachineSpec.standard().withMemory(MEMORY).withCpus(cpus), commandLine);
    }

    /** Serves one client in a thread of its own. */
    record Served(GdbServer server, Timeline timeline, Thread thread) {
        static Served of(Machine machine) throws IOException {
            GdbServer server = new GdbServer(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), () -> { });
            Timeline timeline = new Timeline(machine, false, List.of(), Timeline.DEFAULT_BUDGET);
            Debuggee debuggee = new Debuggee(timeline, new RunEnd(LIMITS.position(), OptionalLong.empty()), kernel(), NO_RECORDER, StopReason::toString);
            Thread thread = Thread.ofPlatform().start(() -> {
                try {
                    server.awaitClient();
                    server.serve(debuggee, () -> machine.join("the debugger"));
                    timeline.observe(Observation.NONE);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            return new Served(server, timeline, thread);
        }

        void end() throws IOException, InterruptedException {
            server.close();
            thread.join();
        }
    }

    /** What gdb prints for commands, one after the other; skips where there is no gdb. */
    static String gdb(Machine machine, String... commands) throws IOException, InterruptedException {
        return debug(machine, commands).output;
    }

    /**
     * What gdb did.
     *
     * @param timeline of the machine, which nobody observes any more
     */
    record Debugged(String output, Timeline timeline) { }

    /** The same, and the timeline that it left. */
    static Debugged debug(Machine machine, String... commands) throws IOException, InterruptedException {
        Served served = Served.of(machine);
        Path output = Files.createTempFile("output", ".txt");
        try {
            List<String> command = new ArrayList<>(List.of("gdb", "-q", "-nx", "-batch"));
            List<String> first = List.of("set pagination off", "set confirm off", "set width 0", "set sysroot /",
                    "directory " + SPROUT.getParent().getParent(), "file " + SPROUT, "target extended-remote 127.0.0.1:" + served.server().port());
            Stream.concat(first.stream(), Stream.of(commands)).forEach(each -> command.addAll(List.of("-ex", each)));
            Process gdb;
            try {
                gdb = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile())
                        .redirectInput(Path.of("/dev/null").toFile()).start();
            } catch (IOException e) {
                return Assumptions.abort("gdb is not installed");
            }
            if (!gdb.waitFor(MINUTES, TimeUnit.MINUTES)) {
                gdb.destroyForcibly().waitFor();
                throw new AssertionError("gdb did not end: " + Files.readString(output));
            }
            served.thread().join();
            return new Debugged(Files.readString(output), served.timeline());
        } finally {
            served.end();
            Files.delete(output);
        }
    }
}
