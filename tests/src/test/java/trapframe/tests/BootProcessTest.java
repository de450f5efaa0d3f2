package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trapframe.device.drive.Drive;
import trapframe.tests.Launcher.Result;

/** {@code trapframe boot} of the bundled kernel as a process: streams, pipes, the terminal, signals. */
class BootProcessTest {
    private static final String ECHO = "echo=1000";
    private static final int SIGTERM_EXIT = 128 + 15;
    private static final int SIGPIPE_EXIT = 128 + 13;

    @TempDir
    Path folder;

    @BeforeEach
    void theProgramIsBuilt() {
        Launcher.assumeBuilt();
    }

    @Test
    void bootsTheBundledKernel() throws Exception {
        Result result = boot(Map.of());

        assertThat(result.exitCode()).as(result.errors()).isZero();
        assertThat(result.output()).startsWith("[stage 1] ").contains("Sprout: all stages passed\r\n")
                .endsWith("console: no carrier, so there is nobody to run a shell for\r\n");
        assertThat(result.errors()).startsWith("trapframe: the guest succeeded").hasLineCount(1);
    }

    @Test
    void opensFilesWithAnyNameInAnyLocale() throws Exception {
        String name = "größe 漢字.elf";
        assumeTrue(new String(name.getBytes(fileNames()), fileNames()).equals(name),
                "the tests themselves run in a locale in which Java cannot name such a file");
        Path image = Files.copy(Launcher.PATH.resolveSibling("kernel-image/target/sprout.elf"), folder.resolve(name));

        Result result = boot(Map.of("LC_ALL", "C"), image.toString());

        assertThat(result.exitCode()).as(result.errors()).isZero();
    }

    @Test
    void saysThatTheChosenUnicornIsMissing() throws Exception {
        Path missing = folder.resolve("libunicorn.so.2");

        LauncherTest.assertRefused(boot(Map.of("TRAPFRAME_LIBUNICORN", missing.toString())), "trapframe: " + missing
                + " does not exist, and TRAPFRAME_LIBUNICORN or trapframe.libunicorn names it:"
                + " Trapframe needs libunicorn 2.1.2 or newer with x86");
    }

    @Test
    void saysThatTheUnicornIsTooOld() throws Exception {
        Path source = Files.writeString(folder.resolve("old.c"),
                "unsigned uc_version(unsigned *major, unsigned *minor) { return 0x02000100u; }\n");
        Path library = folder.resolve("libunicorn.so.2");
        Process compiler = new ProcessBuilder("sh", "-c", "cc -shared -fPIC -o \"$1\" \"$2\"", "sh", library.toString(),
                source.toString()).redirectErrorStream(true).start();
        assumeTrue(compiler.waitFor(60, TimeUnit.SECONDS) && compiler.exitValue() == 0,
                "no C compiler to build a stand-in for an old libunicorn with");

        LauncherTest.assertRefused(boot(Map.of("TRAPFRAME_LIBUNICORN", library.toString())), "trapframe: " + library
                + " is libunicorn 2.0.1, which is too old, and TRAPFRAME_LIBUNICORN or trapframe.libunicorn names it:"
                + " Trapframe needs libunicorn 2.1.2 or newer with x86");
    }

    @Test
    void refusesAnInitrdThatIsLargerThanMemory() throws Exception {
        Path initrd = folder.resolve("initrd");
        try (RandomAccessFile file = new RandomAccessFile(initrd.toFile(), "rw")) {
            file.setLength(33 << 20);
        }

        Result result = boot(Map.of(), "--memory", "32M", "--initrd", initrd.toString());

        assertThat(result.errors()).startsWith("trapframe: ").contains(initrd.toString(), "no room").hasLineCount(1);
        assertThat(result.output()).isEmpty();
        assertThat(result.exitCode()).isEqualTo(2);
    }

    @Test
    void takesInputFromAPipeAsItComes() throws Exception {
        Process process = start(bootCommand("--append", "echo=1 test=boot-stages", "--input", "-"));
        BufferedReader output = output(process);
        awaitLine(output, "echo: ready");

        type(process, "first and only\n");

        awaitLine(output, "echo: first and only");
        assertThat(Launcher.await(process)).isZero();
    }

    @Test
    void theShellEndsWhenThePipeIsClosed() throws Exception {
        Process process = start(bootCommand("--input", "-"));
        BufferedReader output = output(process);
        type(process, "echo =first=\n");
        awaitLine(output, "=first=");

        process.getOutputStream().close();

        assertThat(Launcher.await(process)).isZero();
    }

    @Test
    void endsQuietlyWhenTheReaderOfItsOutputGoesAway() throws Exception {
        Path errors = folder.resolve("errors");
        Process process = Launcher.process(folder, Map.of(), bootCommand("--append", ECHO, "--input", "-"))
                .redirectError(errors.toFile()).start();
        BufferedReader output = output(process);
        awaitLine(output, "echo: ready");
        output.close();

        type(process, "nobody reads the answer\n");

        assertThat(Launcher.await(process)).isEqualTo(SIGPIPE_EXIT);
        assertThat(errors).isEmptyFile();
    }

    @Test
    void aTerminalSendsEveryKeyToTheGuestAndCtrlAXLeaves() throws Exception {
        Process process = startInTerminal("--append " + ECHO);
        BufferedReader output = output(process);
        awaitLine(output, "echo: ready");

        type(process, "ctrl-c \u0003 and ctrl-a \u0001\u0001\r");
        awaitLine(output, "echo: ctrl-c \u0003 and ctrl-a \u0001");
        type(process, "\u0001h");
        awaitLine(output, "trapframe: Ctrl-A X leaves, Ctrl-A S says how far the machine is, Ctrl-A P presses its power button, "
                + "Ctrl-A H helps, Ctrl-A Ctrl-A sends Ctrl-A");
        type(process, "\u0001s");
        awaitLineWith(output, "trapframe: position ");
        awaitLineWith(output, "trapframe: state hash ");
        type(process, "still there\r");
        awaitLine(output, "echo: still there");
        type(process, "\u0001x");

        Launcher.await(process);
        assertThat(written("exit-code")).isEqualTo("0");
        assertThat(written("after")).isEqualTo(written("before"));
    }

    @Test
    void ctrlAPPressesThePowerButton() throws Exception {
        Process process = startInTerminal(AssembledProgram.kernel("power-button.S", folder.resolve("kernel")).toString());
        BufferedReader output = output(process);
        awaitLine(output, "ready");

        type(process, "\u0001p");

        awaitLineWith(output, "trapframe: the guest switched the machine off");
        Launcher.await(process);
        assertThat(written("exit-code")).isEqualTo("0");
    }

    @Test
    void aSignalToEndGivesTheTerminalBack() throws Exception {
        Process process = startInTerminal("--append " + ECHO);
        awaitLine(output(process), "echo: ready");

        ProcessHandle.of(Long.parseLong(written("pid"))).orElseThrow().destroy();

        Launcher.await(process);
        assertThat(written("exit-code")).isEqualTo(Integer.toString(SIGTERM_EXIT));
        assertThat(written("after")).isEqualTo(written("before"));
    }

    /** The guest never flushes: round n wrote n to the sector behind that of round n - 1. */
    @Test
    void aSignalToEndStoresWhatTheGuestWrote() throws Exception {
        int sectors = 64;
        Path kernel = AssembledProgram.kernel("disk-load.S", folder.resolve("disk-load.elf"));
        Path disk = Files.write(folder.resolve("disk.img"), new byte[sectors * Drive.SECTOR]);
        Path errors = folder.resolve("errors");
        Process process = Launcher.process(folder, Map.of(), bootCommand(kernel.toString(), "--drive", disk.toString()))
                .redirectError(errors.toFile()).start();
        awaitLine(output(process), "busy");

        process.destroy();

        assertThat(Launcher.await(process)).isEqualTo(SIGTERM_EXIT);
        assertThat(Files.readString(errors)).startsWith("trapframe: the guest was stopped by a signal, at position ").hasLineCount(1);
        IntBuffer content = ByteBuffer.wrap(Files.readAllBytes(disk)).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
        int words = Drive.SECTOR / Integer.BYTES;
        int last = IntStream.range(0, content.limit()).map(content::get).max().orElseThrow();
        assertThat(last).isGreaterThanOrEqualTo(1000);
        for (int i = 0; i < content.limit(); i++) {
            int age = Math.floorMod(last - i / words, sectors);
            assertThat(content.get(i)).as("word %d", i).isEqualTo(last - age);
        }
    }

    private static Charset fileNames() {
        return Charset.forName(System.getProperty("sun.jnu.encoding"));
    }

    private Result boot(Map<String, String> environment, String... options) throws Exception {
        List<String> command = bootCommand(options);
        return Launcher.run(folder, environment, Launcher.PATH,
                command.subList(1, command.size()).toArray(String[]::new));
    }

    private static List<String> bootCommand(String... options) {
        return Stream.concat(Stream.of(Launcher.PATH.toString(), "boot"),
                Stream.of(options)).toList();
    }

    private Process start(List<String> command) throws IOException {
        return Launcher.process(folder, Map.of(), command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    }

    /** Boots in a terminal of its own, made by script(1) of util-linux; leaves its settings before and after in files. */
    private Process startInTerminal(String arguments) throws Exception {
        Process version = new ProcessBuilder("sh", "-c", "script --version").redirectErrorStream(true).start();
        assumeTrue(new String(version.getInputStream().readAllBytes(), StandardCharsets.UTF_8).contains("util-linux"),
                "script of util-linux, which makes a terminal, is not installed");
        Path session = Files.writeString(folder.resolve("session"), """
                stty -g > before
                sh -c 'echo $$ > pid; exec "$0" boot %s' '%s'
                echo $? > exit-code
                stty -g > after
                """.formatted(arguments, Launcher.PATH));
        return start(List.of("script", "-q", "-e", "-c", "sh " + session, "/dev/null"));
    }

    private String written(String file) throws IOException {
        return Files.readString(folder.resolve(file)).strip();
    }

    private static BufferedReader output(Process process) {
        InputStream stream = process.getInputStream();
        return new BufferedReader(new InputStreamReader(stream, StandardCharsets.ISO_8859_1));
    }

    private static void awaitLine(BufferedReader output, String expected) throws IOException {
        StringBuilder seen = new StringBuilder();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            if (line.equals(expected)) {
                return;
            }
            seen.append(line).append('\n');
        }
        throw new AssertionError("the output ended without the line \"" + expected + "\":\n" + seen);
    }

    private static void awaitLineWith(BufferedReader output, String start) throws IOException {
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            if (line.startsWith(start)) {
                return;
            }
        }
        throw new AssertionError("the output ended without a line that starts with \"" + start + '"');
    }

    private static void type(Process process, String keys) throws IOException {
        OutputStream input = process.getOutputStream();
        input.write(keys.getBytes(StandardCharsets.ISO_8859_1));
        input.flush();
    }
}
