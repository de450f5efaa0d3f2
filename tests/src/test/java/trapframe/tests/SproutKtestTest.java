package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.boot.BootImage;
import trapframe.boot.BootParameters;
import trapframe.device.SerialInputQueue;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;

/** Sprout's own test program: it passes where the kernel is as it should be, and fails where it is not. */
class SproutKtestTest {
    private static final String COMMAND_LINE = "test=ktest";
    static final String PASS = "=== KTEST: PASS ===";
    private static final RunLimits LIMIT = new RunLimits(6_000_000_000L);
    private static final List<String> SECTIONS = List.of("Memory", "Time", "Processes", "Spawn", "Faults", "Channels", "Capabilities",
            "Rendezvous", "Futex", "Pipes", "Crowd", "Regression -- Cap Ref Counting", "Channel Limits", "Block Device");

    @TempDir
    Path elsewhere;

    private record Run(StopReason reason, List<String> lines) {}

    @ParameterizedTest
    @ValueSource(ints = {8, 128})
    void passesWithLittleMemoryAndWithMuch(int mebibytes) {
        Run run = boot(image("sprout.elf"), mebibytes);

        assertPassed(run.lines());
        assertThat(run.reason()).isEqualTo(new StopReason.GuestExit(0x10, true));
    }

    @Test
    void passesUnderQemu() {
        assumeTrue(Qemu.available(), "qemu-system-x86_64 is not installed");
        Qemu.Result result = Qemu.run(image("sprout.elf"), COMMAND_LINE, Duration.ofSeconds(120));

        assertPassed(result.lines());
        assertThat(result.exitStatus()).isEqualTo(Qemu.exitStatus(0x10));
    }

    @Test
    void failsAndTellsWhatLeaksOnAKernelThatDoesNotKeepItsWord() throws Exception {
        // A queue that is too short, and pipes that are never freed.
        Path copy = SproutSources.copyTo(elsewhere.resolve("sprout"));
        replace(copy.resolve("include/ipc/channel.h"), "#define MAX_QUEUED_MESSAGES 16", "#define MAX_QUEUED_MESSAGES 15");
        replace(copy.resolve("ipc/pipe.c"), "kfree(pipe);", "");
        assertThat(SproutSources.build(copy, Map.of())).isEqualTo(new SproutSources.Build(0, ""));

        Run run = boot(copy.resolve(SproutSources.IMAGE), 8);

        assertThat(run.reason()).isEqualTo(new StopReason.GuestExit(0x01, false));
        assertThat(run.lines()).anyMatch(line -> line.matches(" {4}channels\\.c:\\d+: sys_channel_send\\(ends\\[0], &message\\) is -11, expected 0"))
                .contains("  a_full_queue_refuses: FAILED", "  bytes_arrive_in_order ... ok", "=== KTEST: FAIL ===")
                .anyMatch(line -> line.matches("  LEAK heap: \\d+ more in use than before"))
                .anyMatch(line -> line.matches("ktest: \\d+ tests: \\d+ passed, 1 failed, \\d+ skipped; \\d+ leaks"));
    }

    @Test
    void hangsAfterTheCapRefTestsWhenChannelsRunOut() {
        Run run = boot(image("sprout-channels-64.elf"), 8);

        assertThat(run.reason()).isNotInstanceOf(StopReason.GuestExit.class);
        assertThat(run.lines()).containsSubsequence("=== Regression -- Cap Ref Counting ===", "  ns_override_cap_delivery ... ok",
                "  two_children_shared_override ... ok", "  LEAK channels: 9 more in use than before", "  cap_delivery_via_spawn ... ",
                "warn: channel_create_pair: all 64 channels are in use", "hello-std: done").doesNotContain("=== Channel Limits ===");
    }

    private static void assertPassed(List<String> lines) {
        assertThat(lines).containsSubsequence(SECTIONS.stream().map(section -> "=== " + section + " ===").toList())
                .noneMatch(line -> line.contains("FAILED") || line.contains("LEAK"))
                .anyMatch(line -> line.matches("ktest: \\d+ tests: \\d+ passed, 0 failed, \\d+ skipped; 0 leaks"))
                .endsWith(PASS);
    }

    private static Path image(String name) {
        return SproutSources.FOLDER.resolve("target").resolve(name);
    }

    private static Run boot(Path image, int mebibytes) {
        StringBuilder console = new StringBuilder();
        try (Machine machine = new Machine(MachineSpec.standard().withMemory((long) mebibytes << 20), BootImage.open(image),
                BootParameters.of(COMMAND_LINE), new SerialInputQueue(), value -> console.append((char) value))) {
            StopReason reason = machine.run(LIMIT);
            return new Run(reason, console.toString().lines().toList());
        }
    }

    private static void replace(Path file, String from, String to) throws IOException {
        String text = Files.readString(file);
        assertThat(text).contains(from);
        Files.writeString(file, text.replace(from, to));
    }
}
