package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.junit.BootImage;
import trapframe.junit.Guest;
import trapframe.machine.StopReason;
import trapframe.tests.SproutBoot.Run;

/** Sprout in Trapframe. Its self-tests are tests of the machine: exceptions, page protection, interrupts, the devices. */
class SproutTest {
    private static final int BOOTS = 100;
    private static final long OTHER_PHASE = 4_200_000;

    @Test
    @BootImage(memory = "128M", attended = false)
    void printsWhatItPrintsUnderQemuAndEndsWellWhereNobodyIsAtTheConsole(Guest guest) {
        SproutUnderQemuTest.CONSOLE.forEach(guest::expectLine);
        guest.expectLine("console: no carrier, so there is nobody to run a shell for").expectSuccess();
    }

    /** Wherever the ticks fall: where they fall under QEMU is up to the host. */
    @ParameterizedTest
    @ValueSource(strings = {"test=boot-stages", "test=kthread", "run=\"ls; ls; ls /disk\"", "test=ktest"})
    void printsTheSameAndEndsWellInTrapframeAndUnderQemu(String commandLine) {
        Run run = SproutBoot.of(commandLine).withMemory(SproutBoot.MEMORY_MIB).run();
        Run shifted = SproutBoot.of(commandLine).withMemory(SproutBoot.MEMORY_MIB).withTimerPhase(OTHER_PHASE).run();

        assertThat(run.reason()).isEqualTo(SproutBoot.SUCCESS);
        assertThat(shifted.reason()).isEqualTo(SproutBoot.SUCCESS);
        assertThat(shifted.hash()).isNotEqualTo(run.hash());
        assertThat(shifted.lines()).isEqualTo(run.lines());
        assumeTrue(Qemu.available(), "qemu-system-x86_64 is not installed");
        Qemu.Result peer = Qemu.run(SproutBoot.IMAGE, commandLine, Duration.ofSeconds(120));
        assertThat(SproutProgramsTest.comparable(peer.lines())).isEqualTo(run.lines());
        assertThat(peer.exitStatus()).isEqualTo(Qemu.exitStatus(0x10));
    }

    @Test
    void endsInTheSameStateAfterEveryBoot() {
        assertThat(IntStream.range(0, BOOTS).mapToObj(i -> SproutBoot.of("").run()).distinct()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 35, 50, 75, 95})
    void aWindowInSingleStepsLeavesNoTrace(int percent) {
        SproutBoot boot = SproutBoot.of("run=\"ls; cat /hello.txt\"");
        Run free = boot.run();

        assertThat(boot.runWithWindow(free.position() * percent / 100)).isEqualTo(free);
    }

    @ParameterizedTest
    @ValueSource(strings = {"pf", "ud", "gp", "df", "stack", "div", "assert"})
    void dumpsACrashAsUnderQemu(String crash) {
        assumeTrue(Qemu.available(), "qemu-system-x86_64 is not installed");
        Run run = SproutBoot.of("crash=" + crash).withMemory(SproutBoot.MEMORY_MIB).run();

        assertThat(run.reason()).isEqualTo(SproutBoot.FAILURE);
        Qemu.Result peer = Qemu.run(SproutBoot.IMAGE, "crash=" + crash, Duration.ofSeconds(60), "-m", Integer.toString(SproutBoot.MEMORY_MIB),
                "-cpu", "qemu64,+smep,+smap");
        assertThat(comparable(run.console())).isEqualTo(comparable(peer.console()));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 150_000, 1_300_000, 2_450_000, 3_600_000, 4_750_000, 5_900_000, 7_050_000, 8_200_000, 9_999_000})
    void joinsEveryThreadOfTheKthreadTestWhereverTheTicksFall(long phase) {
        Run run = SproutBoot.of("test=kthread").withTimerPhase(phase).run();

        assertThat(run.lines()).startsWith(SproutUnderQemuTest.CONSOLE.toArray(String[]::new))
                .endsWith(SproutUnderQemuTest.KTHREADS_PASS);
        assertThat(run.reason()).isEqualTo(SproutBoot.SUCCESS);
    }

    @Test
    @BootImage(append = "echo=2 test=boot-stages", memory = "8M")
    void repeatsInputThatArrivesByInterrupts(Guest guest) {
        guest.type("a first line that is longer than the sixteen bytes of the FIFO\rsecond\r").expectSuccess();
        assertThat(guest.lines()).endsWith(
                "echo: a first line that is longer than the sixteen bytes of the FIFO", "echo: second", "Sprout: all stages passed");
    }

    @Test
    @BootImage(append = "echo=2 test=boot-stages", memory = "8M")
    void takesTheEndOfTheInputForAHangup(Guest guest) {
        guest.type("only\runfinished").hangUp().expectSuccess();
        assertThat(guest.lines()).endsWith("echo: only", "warn: echo: the console hung up", "Sprout: all stages passed");
    }

    @Test
    void haltsForGood() {
        assertThat(SproutBoot.of("halt").run().reason()).isInstanceOf(StopReason.HaltedForGood.class);
    }

    /**
     * The lines of a console, without what QEMU 7.2 leaves out: faults push RF = 1 (Intel SDM vol. 3B, 18.3.1.1). And without RAX and R11,
     * where the log leaves how many messages there were, which depends on the memory map.
     */
    private static List<String> comparable(String console) {
        return console.lines().map(line -> line.replaceFirst("(rflags 00000000000)1", "$10").replaceAll("(rax|r11) [0-9a-f]{16}", "$1"))
                .toList();
    }
}
