package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** {@code trapframe boot --gdb --wait} as a process, and a real gdb that knows nothing but the port. */
final class DebuggedBoot implements AutoCloseable {
    private static final String LISTENING = "trapframe: gdb: listening on 127.0.0.1:";

    private final Path folder;
    private final Process boot;
    private final BufferedReader said;
    private final int port;

    /** Boots, and waits for gdb before the first instruction. */
    DebuggedBoot(Path folder, String... options) throws IOException {
        this.folder = folder;
        List<String> command = Stream.concat(Stream.of(Launcher.PATH.toString(), "boot", "--gdb", "0", "--wait"), Stream.of(options)).toList();
        boot = Launcher.process(folder, Map.of(), command).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        said = boot.errorReader();
        String line = said.readLine();
        assertThat(line).startsWith(LISTENING);
        port = Integer.parseInt(line.substring(LISTENING.length()));
    }

    /** What gdb prints for commands, one after the other; skips where there is no gdb. */
    String gdb(String... commands) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("gdb", "-q", "-nx", "-batch"));
        Stream.concat(Stream.of("set pagination off", "set confirm off", "set width 0", "target remote 127.0.0.1:" + port), Stream.of(commands))
                .forEach(each -> command.addAll(List.of("-ex", each)));
        Path output = Files.createTempFile(folder, "gdb", ".txt");
        Process gdb;
        try {
            gdb = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).redirectOutput(output.toFile())
                    .redirectInput(Path.of("/dev/null").toFile()).start();
        } catch (IOException e) {
            return Assumptions.abort("gdb is not installed");
        }
        Launcher.await(gdb);
        return Files.readString(output);
    }

    /** What the boot says from now on, up to its end, which must be a good one. */
    List<String> ends() throws InterruptedException {
        List<String> lines = said.lines().toList();
        assertThat(Launcher.await(boot)).as(String.join("\n", lines)).isZero();
        return lines;
    }

    /** Ends the process as nothing can that it sees. */
    void kill() throws InterruptedException {
        boot.destroyForcibly();
        Launcher.await(boot);
    }

    @Override
    public void close() {
        boot.destroyForcibly();
    }
}
