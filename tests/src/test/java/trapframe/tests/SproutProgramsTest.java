package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.device.SerialInputQueue;
import trapframe.junit.BootImage;
import trapframe.junit.FromStage;
import trapframe.junit.Guest;
import trapframe.junit.Stage;
import trapframe.junit.Stages;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.tests.SproutBoot.Run;

/** Sprout's programs: the shell, the file server, and what processes may and may not do. */
@BootImage(memory = "8M")
@Stages(@Stage(name = "shell", shows = "/ # "))
class SproutProgramsTest {
    private static final Duration QEMU_LIMIT = Duration.ofSeconds(60);
    private static final long SLICE = 10_000_000;
    private static final int SLICES = 1000;

    private static Run runCommands(String commands) {
        return SproutBoot.of("run=\"" + commands + "\"").run();
    }

    @Test
    void runsTheCommandsOfTheCommandLineAndEndsWellAsUnderQemu() {
        Run run = runCommands("ls; ls; ls /disk");

        assertThat(run.linesAfterStages()).containsExactly(".", "bin/", "disk/", "hello.txt", ".", "bin/", "disk/", "hello.txt", ".");
        assertThat(run.reason()).isEqualTo(SproutBoot.SUCCESS);
        assertQemuAgrees(run, "run=\"ls; ls; ls /disk\"");
    }

    @Test
    void failsIfACommandCouldNotBeRun() {
        Run run = runCommands("ls /disk; nonsense; echo goes on");

        assertThat(run.linesAfterStages()).containsExactly(".", "shell: nonsense: not found", "goes on",
                "error: bin/init ended with status 1", "Sprout: failed");
        assertThat(run.reason()).isEqualTo(SproutBoot.FAILURE);
    }

    @Test
    void aFaultEndsItsProcessOnlyAndSaysWhichAndWhere() {
        List<String> kinds = List.of("read-null", "read-kernel", "write-kernel", "jump-kernel", "write-code", "write-constant", "run-data",
                "run-stack", "read-not-canonical", "overflow", "divide", "invalid-opcode", "breakpoint", "single-step", "cli", "hlt", "port",
                "int-32", "sse", "x87");
        String[] faults = ("PF PF PF PF PF PF PF PF GP PF DE UD BP DB GP GP GP GP UD NM").split(" ");
        String commands = String.join(";", kinds.stream().map(kind -> "crash " + kind).toList()) + "; echo still here";
        Run run = runCommands(commands);

        List<String> lines = run.linesAfterStages();
        assertThat(run.reason()).isEqualTo(SproutBoot.SUCCESS);
        assertThat(lines).hasSize(2 * kinds.size() + 1).endsWith("still here");
        for (int i = 0; i < kinds.size(); i++) {
            assertThat(lines.get(2 * i)).as(kinds.get(i)).matches("fault: process %d \\(crash\\): #%s .*, rip [0-9a-f]{16}".formatted(6 + i, faults[i]));
        }
        assertThat(lines.getFirst()).startsWith("fault: process 6 (crash): #PF (page fault), read of 0000000000000000: no page, rip ");
        assertQemuAgrees(run, "run=\"" + commands + "\"");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void filesThatAreNoProgramsHarmNobody(int seed) {
        Run run = runCommands("fuzz-elf /bin/hello-std 200 " + seed + "; echo still here");

        assertThat(run.lines()).contains("fuzz-elf: 200 files, nothing left behind").endsWith("still here");
        assertThat(run.reason()).isEqualTo(SproutBoot.SUCCESS);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            an inserted letter       | echo =hllo=←←←←e↵          | =hello=
            Backspace                | echo =hellp⌫o=↵            | =hello=
            Backspace in the middle  | echo =hexllo=←←←←⌫↵        | =hello=
            Delete                   | echo =hexllo=←←←←←⌦↵       | =hello=
            Home                     | cho =hello=⇱e↵             | =hello=
            End                      | echo =hell⇱→→⇲o=↵          | =hello=
            Right at the end         | echo =hello=→→→↵           | =hello=
            Left at the start        | cho =hello=⇱←e↵            | =hello=
            the line before          | echo =hello=↵cls↵⇡⇡↵       | =hello=
            the line after           | ls↵echo =hello=↵⇡⇡⇣↵       | =hello=
            beyond the history       | echo =hello=↵⇡⇡⇡⇣⇣⇣ls /disk↵ | =hello=
            Ctrl-U                   | rubbish^Uecho =hello=↵     | =hello=
            Ctrl-K                   | echo =hello=;rubbish←←←←←←←←^K↵ | =hello=
            Ctrl-W                   | echo =hello= rub^W↵        | =hello=
            Ctrl-C                   | rubbish^Cecho =hello=↵     | =hello=
            Ctrl-D deletes           | echo =hexllo=←←←←←^D↵      | =hello=
            quotes                   | echo '=he'"llo="↵          | =hello=
            blanks in quotes         | echo '=a  b='↵             | =a  b=
            a backslash              | echo =a\\;b=↵            | =a;b=
            several commands         | echo =a=;echo =b=↵         | =b=
            an unknown sequence      | echo ⍰=hello=↵             | =hello=
            a line feed              | echo =hello=⏎              | =hello=
            both line ends           | echo =hello=↵⏎             | =hello=
            """)
    @FromStage("shell")
    void aLineCanBeEdited(String what, String keys, String expected, Guest guest) {
        guest.type(bytes(keys) + "exit\r").expectSuccess();
        assertThat(guest.lines()).as(what).contains(expected);
    }

    private static String bytes(String keys) {
        return keys.replace("←", "\33[D").replace("→", "\33[C").replace("⇡", "\33[A").replace("⇣", "\33[B").replace("⇱", "\33[H")
                .replace("⇲", "\33OF").replace("⌫", "\177").replace("⌦", "\33[3~").replace("⍰", "\33[15;5~").replace("↵", "\r")
                .replace("⏎", "\n").replace("^U", "\25").replace("^K", "\13").replace("^W", "\27").replace("^C", "\3").replace("^D", "\4");
    }

    @Test
    @FromStage("shell")
    void aShownLineIsTheLineThatWasTyped(Guest guest) {
        guest.type(bytes("echo =hllo=←←←←e↵exit↵")).expectSuccess();
        assertThat(guest.console()).endsWith("""
                / # echo =hllo=\b\b\b\bello=\b\b\b\bllo=
                =hello=
                / # exit
                """.replace("\n", "\r\n"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "echo unfinished", "\4"})
    @FromStage("shell")
    void theEndOfTheInputEndsTheShellWell(String keys, Guest guest) {
        guest.type("echo first\r" + keys).hangUp().expect("\nfirst\r\n").expectSuccess();
        assertThat(guest.lines().contains("unfinished")).isEqualTo(keys.contains("unfinished"));
    }

    @Test
    @FromStage("shell")
    void takesMoreInputThanItsBufferHolds(Guest guest) {
        StringBuilder keys = new StringBuilder();
        for (int i = 0; i < 300; i++) {
            keys.append("echo =").append(i).append("=\r");
        }
        guest.type(keys.toString()).hangUp().expectSuccess();
        assertThat(guest.lines().stream().filter(line -> line.matches("=\\d+="))).hasSize(300);
    }

    @Test
    @FromStage("shell")
    void exitEndsTheMachineWithSuccessOrAsItIsTold(Guest well, Guest badly) {
        well.type("exit\rls\r").expectSuccess();
        badly.type("exit 3\r").expectExit(1);
    }

    @Test
    void redirectsWhatProgramsReadAndWrite() {
        Run run = runCommands("echo one > /f; echo two >> f; cat < /f; echo three > f; cat f; cat missing; ls > /g; cat /g; rm /f /g; ls;"
                + "> /empty; cat /empty; mkdir /new; echo x > /new/x; rm /new; ls /new; rm /new/x; rm /new; ls");

        assertThat(run.linesAfterStages()).containsExactly("one", "two", "three", "cat: missing: not found",
                ".", "bin/", "disk/", "f", "g", "hello.txt", ".", "bin/", "disk/", "hello.txt", "rm: /new: not empty", ".", "x",
                ".", "bin/", "disk/", "empty", "hello.txt");
        assertThat(run.reason()).isEqualTo(SproutBoot.SUCCESS);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            cat < /missing          | shell: /missing: not found
            echo x > /              | shell: /: wrong argument
            echo x > /bin           | shell: /bin: is a folder
            echo x > /disk/x        | shell: /disk/x: no such device
            echo x > /no/x          | shell: /no/x: not found
            echo x >                | shell: a file name is missing
            echo 'x                 | shell: a closing quote is missing
            /hello.txt              | shell: /hello.txt: not a program
            exit many               | shell: exit: wrong argument
            spawn                   | usage: spawn PROGRAM [ARGUMENT...]
            """)
    void saysInOneLineWhatIsWrongWithACommand(String command, String line) {
        Run run = runCommands(command + "; echo goes on");

        assertThat(run.linesAfterStages()).startsWith(line).endsWith("error: bin/init ended with status 1", "Sprout: failed");
        assertThat(run.reason()).isEqualTo(SproutBoot.FAILURE);
    }

    @Test
    @FromStage("shell")
    void runsProgramsInTheBackgroundAndEndsThemByTheirIds(Guest guest) {
        guest.type("spawn sleep 1000000\rps\rkill 6\rsleep 1\r\rkill 6\rexit\r").expectSuccess();
        assertThat(guest.lines()).contains("[6] sleep", "[6] ended with status 256", "kill: 6: no such process")
                .anyMatch(line -> line.matches(" +6 +5 +1 +\\d+ +0 sleeping +sleep"))
                .anyMatch(line -> line.matches(" +4 +3 +1 +\\d+ +0 receiving +vfs"));
    }

    @Test
    void controlCEndsTheProgramInTheForeground() {
        Run run = SproutBoot.of("").run((machine, keyboard, console) -> {
            keyboard.attend();
            machine.inputAvailable();
            type(machine, keyboard, "sleep 1000000\r", console, "/ # ");
            type(machine, keyboard, "\3", console, "sleep 1000000\r\n");
            type(machine, keyboard, "cat\r", console, "sleep: killed\r\n/ # ");
            type(machine, keyboard, "typed\r", console, "cat\r\n");
            type(machine, keyboard, "\4", console, "typed\r\ntyped\r\n");
            type(machine, keyboard, "exit\r", console, "/ # ");
            return machine.run(new RunLimits(machine.clock().position() + SLICES * SLICE, true));
        });

        assertThat(run.reason()).isEqualTo(SproutBoot.SUCCESS);
    }

    /** Types as soon as the end of the console is the text. */
    private static void type(Machine machine, SerialInputQueue keyboard, String keys, StringBuilder console, String when) {
        for (int i = 0; i < SLICES && !console.toString().endsWith(when); i++) {
            StopReason reason = machine.run(new RunLimits(machine.clock().position() + SLICE, true));
            assertThat(reason).as(console.toString()).isEqualTo(new StopReason.PositionLimit());
        }
        assertThat(console.toString()).endsWith(when);
        keyboard.append(keys.getBytes(StandardCharsets.ISO_8859_1));
        machine.inputAvailable();
    }

    @Test
    void aSessionIsTheSameEveryTime() {
        SproutBoot session = SproutBoot.of("").typed("ls /bin\rps\recho x > /f\rcat /f\r");

        assertThat(Stream.generate(session::run).limit(5).distinct()).hasSize(1);
    }

    @Test
    void aConversationGoesOnUnderQemu() {
        assumeTrue(Qemu.available(), "qemu-system-x86_64 is not installed");
        try (Qemu.Session session = Qemu.start(SproutBoot.IMAGE, "", QEMU_LIMIT)) {
            session.awaitConsole("/ # ");
            session.type("sleep 1000000\r");
            session.awaitConsole("sleep 1000000\r\n");
            session.type("\3");
            session.awaitConsole("sleep: killed\r\n/ # ");
            session.type("echo =hllo=\33[D\33[D\33[D\33[De\rexit\r");
            Qemu.Result result = session.awaitExit();

            assertThat(result.lines()).contains("=hello=");
            assertThat(result.exitStatus()).isEqualTo(Qemu.exitStatus(0x10));
        }
    }

    private static void assertQemuAgrees(Run run, String commandLine, String... options) {
        if (Qemu.available()) {
            Qemu.Result peer = Qemu.run(SproutBoot.IMAGE, commandLine, QEMU_LIMIT, options);
            assertThat(comparable(peer.lines())).isEqualTo(comparable(run.lines()));
            assertThat(peer.exitStatus()).isEqualTo(Qemu.exitStatus(0x10));
        }
    }

    /** QEMU 7.2 counts the gates of 64-bit mode, of 16 bytes, as two in the error code of INT n. */
    static List<String> comparable(List<String> lines) {
        return lines.stream().map(line -> line.replace("error code 0x202", "error code 0x102").replace("error code 0x302", "error code 0x182"))
                .toList();
    }
}
