package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.junit.BootImage;
import trapframe.junit.FromStage;
import trapframe.junit.Guest;
import trapframe.junit.Stage;
import trapframe.junit.Stages;
import trapframe.tests.SproutBoot.Run;

/** Sprout's programs: the shell, the file server, and what processes may and may not do. */
@BootImage(memory = "8M")
@Stages(@Stage(name = "shell", shows = "/ # "))
class SproutProgramsTest {
    private static final Duration QEMU_LIMIT = Duration.ofSeconds(60);

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
    @BootImage(append = "run=\"ls /disk; nonsense; echo goes on\"", memory = "8M")
    void failsIfACommandCouldNotBeRun(Guest guest) {
        guest.expect("Sprout: all stages passed\r\n").expectLine(".").expectLine("shell: nonsense: not found").expectLine("goes on")
                .expectLine("error: bin/init ended with status 1").expectLine("Sprout: failed").expectExit(1);
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
    @FromStage("shell")
    void filesThatAreNoProgramsHarmNobody(int seed, Guest guest) {
        guest.type("fuzz-elf /bin/hello-std 200 " + seed + "; exit\r").expect("\nfuzz-elf: 200 files, nothing left behind\r\n").expectSuccess();
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
    @FromStage("shell")
    void controlCEndsTheProgramInTheForeground(Guest guest) {
        guest.type("sleep 1000000\r").expect("sleep 1000000\r\n").type("\3").expectLine("sleep: killed").expect("/ # ");
        guest.type("cat\r").expect("cat\r\n").type("typed\r").expectLine("typed").expectLine("typed");
        guest.type("\4").expect("/ # ").type("exit\r").expectSuccess();
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
