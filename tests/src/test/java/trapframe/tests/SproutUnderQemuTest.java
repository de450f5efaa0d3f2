package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sprout on the machine that Trapframe is compared with. */
class SproutUnderQemuTest {
    private static final Path SPROUT = SproutBoot.IMAGE;
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int SUCCESS = 0x10;
    private static final int FAILURE = 0x01;

    /** The options that have the kernel end after its stages. QEMU's console has a carrier, so that without them it waits for commands. */
    static final String STAGES_ONLY = "test=boot-stages";

    /** What Sprout prints without options, on every PC. */
    static final List<String> CONSOLE = List.of(
            "[stage 1] serial console ... ok",
            "[stage 2] boot information ... ok",
            "[stage 3] processor features ... ok",
            "[stage 4] page frames ... ok",
            "[stage 5] page tables ... ok",
            "[stage 6] kernel stacks ... ok",
            "[stage 7] task state segment ... ok",
            "[stage 8] exceptions ... ok",
            "[stage 9] memory protection ... ok",
            "[stage 10] kernel heap ... ok",
            "[stage 11] interrupt controller ... ok",
            "[stage 12] interval timer ... ok",
            "[stage 13] interrupts ... ok",
            "[stage 14] timer ticks ... ok",
            "[stage 15] kernel tasks ... ok",
            "[stage 16] processors ... ok",
            "[stage 17] system calls ... ok",
            "[stage 18] initial archive ... ok",
            "[stage 19] block devices ... ok",
            "[stage 20] processes ... ok",
            "timer: 10 ticks",
            "Sprout: all stages passed");

    /** What the test of kernel threads prints after that. */
    static final String KTHREADS_PASS = "=== KTHREAD JOIN TEST: PASS ===";

    @BeforeAll
    static void qemuIsThere() {
        assumeTrue(Qemu.available(), "qemu-system-x86_64 is not installed");
    }

    @Test
    void passesEveryStageAndReportsSuccess() {
        Qemu.Result result = Qemu.run(SPROUT, STAGES_ONLY, LIMIT);

        assertThat(result.lines()).isEqualTo(CONSOLE);
        assertThat(result.exitStatus()).isEqualTo(Qemu.exitStatus(SUCCESS));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-cpu max", "-cpu qemu64", "-m 32", "-m 3G", "-machine q35"})
    void printsTheSameOnOtherMachines(String machine) {
        Qemu.Result result = Qemu.run(SPROUT, STAGES_ONLY, LIMIT, machine.split(" "));

        assertThat(result.lines()).isEqualTo(CONSOLE);
        assertThat(result.exitStatus()).isEqualTo(Qemu.exitStatus(SUCCESS));
    }

    @ParameterizedTest
    @ValueSource(strings = {"test=kthread", "test=kthread loglevel=debug"})
    void joinsEveryThreadOfTheKthreadTest(String commandLine) {
        Qemu.Result result = Qemu.run(SPROUT, commandLine, LIMIT);

        assertThat(result.lines()).containsSubsequence(CONSOLE).endsWith(KTHREADS_PASS);
        assertThat(result.exitStatus()).isEqualTo(Qemu.exitStatus(SUCCESS));
    }

    @Test
    void refusesAProcessorWithoutLongMode() {
        Qemu.Result result = Qemu.run(SPROUT, "", LIMIT, "-cpu", "max,lm=off");

        assertThat(result.lines()).containsExactly("Sprout needs a processor with long mode and no-execute pages");
        assertThat(result.exitStatus()).isEqualTo(Qemu.exitStatus(FAILURE));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            pf     | trap 14 #PF (page fault), error code 0x2           | crash_page_fault
            ud     | trap 6 #UD (invalid opcode), error code 0x0        | crash_invalid_opcode
            gp     | trap 13 #GP (general protection), error code 0x0   | crash_general_protection
            df     | trap 8 #DF (double fault), error code 0x0          | crash_double_fault
            stack  | trap 8 #DF (double fault), error code 0x0          | crash_stack_overflow
            div    | trap 0 #DE (divide error), error code 0x0          | crash_divide
            assert | panic: assertion failed: requested == CRASH_NONE ( | crash_assert
            """)
    void dumpsACrashWithItsCallers(String crash, String headline, String culprit) {
        Qemu.Result result = Qemu.run(SPROUT, "crash=" + crash, LIMIT);

        assertThat(result.exitStatus()).isEqualTo(Qemu.exitStatus(FAILURE));
        assertThat(result.lines()).startsWith("[stage 1] serial console ... ok").endsWith("Sprout: failed");
        assertThat(result.lines()).anyMatch(line -> line.startsWith(headline));
        List<String> backtrace = result.lines().subList(result.lines().indexOf("backtrace:") + 1, result.lines().size() - 1);
        assertThat(backtrace).first().asString().matches("  #0 ffffffff8[0-9a-f]{7} " + culprit + "[.a-z0-9]*\\+0x[0-9a-f]+");
        assertThat(backtrace).allMatch(line -> line.matches("  (#\\d+ ffffffff8[0-9a-f]{7} [a-z_0-9.]+\\+0x[0-9a-f]+|\\.\\.\\.)"));
        if (!crash.equals("stack")) {
            assertThat(backtrace).anyMatch(line -> line.contains(" crash_now+0x"));
            assertThat(backtrace).anyMatch(line -> line.contains(" main_on_main_stack+0x"));
        }
    }

    @Test
    void namesTheAddressAndTheReasonOfAPageFault() {
        assertThat(Qemu.run(SPROUT, "crash=pf", LIMIT).lines())
                .contains("  write of 0000000000001234 in supervisor mode: no page", "  on stack \"main\"");
    }

    @Test
    void saysThatAStackOverflowed() {
        assertThat(Qemu.run(SPROUT, "crash=stack", LIMIT).lines())
                .contains("  on stack \"main\", which overflowed into its guard pages");
    }

    @Test
    void waitsForAsManyTicksAsItIsToldAndLeavesWithTheCodeItIsTold() {
        Qemu.Result result = Qemu.run(SPROUT, "ticks=3 exit=0x2a " + STAGES_ONLY, LIMIT);

        assertThat(result.lines()).contains("timer: 3 ticks");
        assertThat(result.exitStatus()).isEqualTo(Qemu.exitStatus(0x2a));
    }

    @Test
    void showsWhatTheMachineIsLikeOnlyWhenAsked() {
        Qemu.Result result = Qemu.run(SPROUT, "loglevel=debug " + STAGES_ONLY, LIMIT);

        assertThat(result.lines()).contains("debug: memory 0000000000000000-000000000009fbff RAM");
        assertThat(result.lines()).containsSubsequence(CONSOLE);
    }

    @Test
    void listsTheModulesThatTheLoaderGives() {
        Qemu.Result result = Qemu.run(SPROUT, "loglevel=debug " + STAGES_ONLY, LIMIT, "-initrd", SPROUT.toString());

        assertThat(result.lines()).filteredOn(line -> line.startsWith("debug: module ")).hasSize(1);
        assertThat(result.lines()).containsSubsequence(CONSOLE);
        assertThat(result.exitStatus()).isEqualTo(Qemu.exitStatus(SUCCESS));
    }

    @Test
    void refusesACommandLineThatIsTooLong() {
        Qemu.Result result = Qemu.run(SPROUT, "x".repeat(1024), LIMIT);

        assertThat(result.lines()).contains("panic: the command line is longer than 1023 characters").endsWith("Sprout: failed");
        assertThat(result.exitStatus()).isEqualTo(Qemu.exitStatus(FAILURE));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            bogus        | error: option "bogus": there is no such option
            ticks=many   | error: option "ticks=many": takes a number up to 1000000
            cpus=0       | error: option "cpus=0": takes a number from 1 to 16
            cpus=17      | error: option "cpus=17": takes a number from 1 to 16
            exit=256     | error: option "exit=256": takes a number up to 255
            crash=dance  | error: option "crash=dance": takes pf, ud, gp, df, stack, div, assert or hang
            test=dance   | error: option "test=dance": takes shell, boot-stages, kthread, sleep or ktest
            loglevel     | error: option "loglevel": takes error, warn, info or debug
            halt=1       | error: option "halt=1": there is no such option
            run="ls      | error: option "run=ls": the closing quote is missing
            run="ls"x    | error: option "run=ls": there has to be a blank after the closing quote
            run          | error: option "run": takes commands for the shell
            section      | error: option "section": takes the beginning of the name of a section of ktest
            """)
    void refusesABadOptionWithOneLine(String option, String line) {
        Qemu.Result result = Qemu.run(SPROUT, option, LIMIT);

        assertThat(result.lines()).endsWith(line, "Sprout: failed");
        assertThat(result.exitStatus()).isEqualTo(Qemu.exitStatus(FAILURE));
    }

    @Test
    void repeatsInputThatArrivesByInterrupts() {
        try (Qemu.Session session = Qemu.start(SPROUT, "echo=2 " + STAGES_ONLY, LIMIT)) {
            session.awaitConsole("echo: ready");
            session.type("a first line that is longer than the sixteen bytes of the FIFO\rsecond\r");
            Qemu.Result result = session.awaitExit();

            assertThat(result.lines()).endsWith(
                    "echo: a first line that is longer than the sixteen bytes of the FIFO", "echo: second", "Sprout: all stages passed");
            assertThat(result.exitStatus()).isEqualTo(Qemu.exitStatus(SUCCESS));
        }
    }

    @Test
    void stopsTheProcessorForGoodWhenToldToHalt() {
        try (Qemu.Session session = Qemu.start(SPROUT, "halt " + STAGES_ONLY, LIMIT)) {
            session.awaitConsole("Sprout: halted");

            assertThat(session.console()).contains("Sprout: all stages passed");
        }
    }
}
