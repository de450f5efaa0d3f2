package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.boot.BootImage;
import trapframe.boot.BootParameters;
import trapframe.device.SerialInputQueue;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;

/** Sprout in Trapframe. Its self-tests are tests of the machine: exceptions, page protection, interrupts, the devices. */
class SproutTest {
    private static final Path SPROUT = Path.of(System.getProperty("trapframe.root"), "kernel-image", "target", "sprout.elf");
    private static final int MEMORY_MIB = 128;
    /** For what is done often: little to clear and to hash. */
    private static final int SMALL_MEMORY_MIB = 8;
    /** In code bytes: several times what any run here takes. */
    private static final RunLimits LIMIT = new RunLimits(2_000_000_000L);
    private static final int BOOTS = 100;

    /** How a run ended, what the console showed, and the hash and the position at the end. */
    private record Run(StopReason reason, String console, String hash, long position) {}

    @Test
    void printsWhatItPrintsUnderQemuAndReportsSuccess() {
        Run run = boot(MEMORY_MIB, "", "");

        assertThat(run.console().lines()).containsExactlyElementsOf(SproutUnderQemuTest.CONSOLE);
        assertThat(run.reason()).isEqualTo(new StopReason.GuestExit(0x10, true));
    }

    @Test
    void endsInTheSameStateAfterEveryBoot() {
        assertThat(IntStream.range(0, BOOTS).mapToObj(i -> boot(SMALL_MEMORY_MIB, "", "")).distinct()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 35, 50, 75, 95})
    void aWindowInSingleStepsLeavesNoTrace(int percent) {
        Run free = boot(SMALL_MEMORY_MIB, "", "");

        assertThat(boot(SMALL_MEMORY_MIB, "", "", free.position() * percent / 100)).isEqualTo(free);
    }

    @ParameterizedTest
    @ValueSource(strings = {"pf", "ud", "gp", "df", "stack", "div", "assert"})
    void dumpsACrashAsUnderQemu(String crash) {
        assumeTrue(Qemu.available(), "qemu-system-x86_64 is not installed");
        Run run = boot(MEMORY_MIB, "crash=" + crash, "");

        assertThat(run.reason()).isEqualTo(new StopReason.GuestExit(0x01, false));
        Qemu.Result peer = Qemu.run(SPROUT, "crash=" + crash, Duration.ofSeconds(60), "-m", Integer.toString(MEMORY_MIB),
                "-cpu", "qemu64,+smep,+smap");
        assertThat(comparable(run.console())).isEqualTo(comparable(peer.console()));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 150_000, 1_300_000, 2_450_000, 3_600_000, 4_750_000, 5_900_000, 7_050_000, 8_200_000, 9_999_000})
    void joinsEveryThreadOfTheKthreadTestWhereverTheTicksFall(long phase) {
        Run run = boot(MachineSpec.standard().withMemory((long) SMALL_MEMORY_MIB << 20).withTimerPhase(phase), "test=kthread", "", 0);

        assertThat(run.console().lines()).startsWith(SproutUnderQemuTest.CONSOLE.toArray(String[]::new))
                .endsWith(SproutUnderQemuTest.KTHREADS_PASS);
        assertThat(run.reason()).isEqualTo(new StopReason.GuestExit(0x10, true));
    }

    @Test
    void repeatsInputThatArrivesByInterrupts() {
        Run run = boot(MEMORY_MIB, "echo=2", "a first line that is longer than the sixteen bytes of the FIFO\rsecond\r");

        assertThat(run.console().lines()).endsWith(
                "echo: a first line that is longer than the sixteen bytes of the FIFO", "echo: second", "Sprout: all stages passed");
    }

    @Test
    void haltsForGood() {
        assertThat(boot(SMALL_MEMORY_MIB, "halt", "").reason()).isInstanceOf(StopReason.HaltedForGood.class);
    }

    /**
     * The lines of a console, without what QEMU 7.2 leaves out: faults push RF = 1 (Intel SDM vol. 3B, 18.3.1.1). And without RAX and R11,
     * where the log leaves how many messages there were, which depends on the memory map.
     */
    private static List<String> comparable(String console) {
        return console.lines().map(line -> line.replaceFirst("(rflags 00000000000)1", "$10").replaceAll("(rax|r11) [0-9a-f]{16}", "$1"))
                .toList();
    }

    private static Run boot(int memoryMib, String commandLine, String input) {
        return boot(memoryMib, commandLine, input, 0);
    }

    private static Run boot(int memoryMib, String commandLine, String input, long window) {
        return boot(MachineSpec.standard().withMemory((long) memoryMib << 20), commandLine, input, window);
    }

    /** @param window where a window in single steps begins, or 0 */
    private static Run boot(MachineSpec spec, String commandLine, String input, long window) {
        StringBuilder console = new StringBuilder();
        SerialInputQueue keyboard = new SerialInputQueue();
        keyboard.append(input.getBytes(StandardCharsets.ISO_8859_1));
        try (Machine machine = new Machine(spec, BootImage.open(SPROUT),
                BootParameters.of(commandLine), keyboard, value -> console.append((char) value))) {
            StopReason reason = window == 0 ? machine.run(LIMIT) : SteppedWindow.run(machine, window, LIMIT);
            return new Run(reason, console.toString(), machine.stateHash(), machine.clock().position());
        }
    }
}
