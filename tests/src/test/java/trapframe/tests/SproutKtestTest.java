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
import trapframe.junit.BootImage;
import trapframe.junit.Guest;
import trapframe.tests.SproutBoot.Run;

/** Sprout's own test program: it passes where the kernel is as it should be, and fails where it is not. */
class SproutKtestTest {
    private static final String COMMAND_LINE = "test=ktest";
    static final String PASS = "=== KTEST: PASS ===";
    private static final List<String> SECTIONS = List.of("Memory", "Time", "Processes", "Spawn", "Faults", "Channels", "Capabilities",
            "Rendezvous", "Futex", "Pipes", "VFS", "Crowd", "Regression -- Cap Ref Counting", "Channel Limits", "Block Device");

    /** The disk is a module: it takes memory of its own. */
    private static final int MEMORY_WITH_DISK_MIB = 32;

    @TempDir
    Path elsewhere;

    @Test
    @BootImage(append = COMMAND_LINE, memory = "8M")
    void passesWithLittleMemory(Guest guest) {
        assertPassesWithoutADisk(guest);
    }

    @Test
    @BootImage(append = COMMAND_LINE, memory = "128M")
    void passesWithMuchMemory(Guest guest) {
        assertPassesWithoutADisk(guest);
    }

    @Test
    @BootImage(append = "test=ktest section=\"Channel L\"", memory = "8M")
    void runsOnlyTheSectionsThatItIsTold(Guest guest) {
        guest.expect("Sprout: all stages passed\r\n").expectLine("=== Channel Limits ===");
        assertThat(guest.expectMatch("^=== .*")).isEqualTo(PASS);
        guest.expectSuccess();
    }

    @Test
    @BootImage(append = "test=ktest section=None", memory = "8M")
    void failsIfThereIsNoSuchSection(Guest guest) {
        guest.expect("Sprout: all stages passed\r\n").expectLine("ktest: 0 tests: 0 passed, 0 failed, 0 skipped; 0 leaks").expectLine("=== KTEST: FAIL ===")
                .expectExit(1);
    }

    @Test
    void comparesWhatIsOnTheDisk() throws IOException {
        Run good = SproutBoot.of(COMMAND_LINE).withMemory(MEMORY_WITH_DISK_MIB).withDisk(disk(0)).run();
        Run bad = SproutBoot.of(COMMAND_LINE).withMemory(MEMORY_WITH_DISK_MIB).withDisk(disk(1)).run();

        assertPassed(good.lines());
        assertThat(good.lines()).contains("  sectors_read_the_same_twice ... ok", "  what_is_beyond_the_end_is_refused ... ok",
                "  the_disk_holds_what_was_written ... ok");
        assertThat(bad.reason()).isEqualTo(SproutBoot.FAILURE);
        assertThat(bad.lines()).contains("  the_disk_holds_what_was_written: FAILED");
    }

    @Test
    void passesUnderQemu() throws IOException {
        assumeTrue(Qemu.available(), "qemu-system-x86_64 is not installed");
        Qemu.Result result = Qemu.run(SproutBoot.IMAGE, COMMAND_LINE, Duration.ofSeconds(120), "-initrd", disk(0).toString());

        assertPassed(result.lines());
        assertThat(result.lines()).contains("  the_disk_holds_what_was_written ... ok");
        assertThat(result.exitStatus()).isEqualTo(Qemu.exitStatus(0x10));
    }

    @Test
    void failsAndTellsWhatLeaksOnAKernelThatDoesNotKeepItsWord() throws Exception {
        // A queue that is too short, and pipes that are never freed.
        Path copy = SproutSources.copyTo(elsewhere.resolve("sprout"));
        replace(copy.resolve("include/ipc/channel.h"), "#define MAX_QUEUED_MESSAGES 16", "#define MAX_QUEUED_MESSAGES 15");
        replace(copy.resolve("ipc/pipe.c"), "kfree(pipe);", "");
        assertThat(SproutSources.build(copy, Map.of())).isEqualTo(new SproutSources.Build(0, ""));

        Run run = SproutBoot.of(COMMAND_LINE).withImage(copy.resolve(SproutSources.IMAGE)).run();

        assertThat(run.reason()).isEqualTo(SproutBoot.FAILURE);
        assertThat(run.lines()).anyMatch(line -> line.matches(" {4}channels\\.c:\\d+: sys_channel_send\\(ends\\[0], &message\\) is -11, expected 0"))
                .contains("  a_full_queue_refuses: FAILED", "  bytes_arrive_in_order ... ok", "=== KTEST: FAIL ===")
                .anyMatch(line -> line.matches("  LEAK heap: \\d+ more in use than before"))
                .anyMatch(line -> line.matches("ktest: \\d+ tests: \\d+ passed, 1 failed, \\d+ skipped; \\d+ leaks"));
    }

    @Test
    @BootImage(value = "${trapframe.root}/kernel-image/target/sprout-channels-64.elf", append = COMMAND_LINE, memory = "8M")
    void hangsAfterTheCapRefTestsWhenChannelsRunOut(Guest guest) {
        guest.expect("=== Regression -- Cap Ref Counting ===", "  ns_override_cap_delivery ... ok", "  two_children_shared_override ... ok",
                "  LEAK channels: 9 more in use than before", "  cap_delivery_via_spawn ... ",
                "warn: channel_create_pair: all 64 channels are in use", "hello-std: done\r\n").within("2s").expectNot("===");
    }

    private static void assertPassesWithoutADisk(Guest guest) {
        guest.expectSuccess();
        assertPassed(guest.lines());
        assertThat(guest).hasShown("  the_disk_holds_what_was_written ... skipped: this machine has no block device that the kernel knows\r\n");
    }

    private static void assertPassed(List<String> lines) {
        assertThat(lines).containsSubsequence(SECTIONS.stream().map(section -> "=== " + section + " ===").toList())
                .noneMatch(line -> line.contains("FAILED") || line.contains("LEAK"))
                .anyMatch(line -> line.matches("ktest: \\d+ tests: \\d+ passed, 0 failed, \\d+ skipped; 0 leaks"))
                .endsWith(PASS);
    }

    /** A disk with the file that ktest knows, of which so many bytes are wrong. */
    private Path disk(int wrongBytes) throws IOException {
        byte[] content = new byte[5000];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) (i * 31);
        }
        for (int i = 0; i < wrongBytes; i++) {
            content[content.length - 1 - i]++;
        }
        FatImage image = FatImage.fat16();
        image.root().file("KTEST.DAT", content);
        return Files.write(elsewhere.resolve("disk-" + wrongBytes), image.build());
    }

    private static void replace(Path file, String from, String to) throws IOException {
        String text = Files.readString(file);
        assertThat(text).contains(from);
        Files.writeString(file, text.replace(from, to));
    }
}
