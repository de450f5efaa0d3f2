package trapframe.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.Resources.SYSTEM_ERR;
import static org.junit.jupiter.api.parallel.Resources.SYSTEM_OUT;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** How runs end, and what is reported of them. */
@ResourceLock(SYSTEM_OUT)
@ResourceLock(SYSTEM_ERR)
class BootCommandTest {
    @TempDir
    Path folder;

    @Test
    void theGuestSucceedsWithTheSuccessCode() throws Exception {
        CapturedRun run = boot(TinyKernel.exit(0x10));

        assertThat(run.errors()).isEqualTo(
                "trapframe: the guest succeeded: it wrote 0x10 to the debug-exit port, at position 4 (0.000000 s)\n");
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void theGuestFailsWithAnyOtherCode() throws Exception {
        CapturedRun run = boot(TinyKernel.exit(0x11));

        assertThat(run.errors()).startsWith("trapframe: the guest failed: it wrote 0x11 to the debug-exit port");
        assertThat(run.exitCode()).isEqualTo(ExitCode.GUEST_FAILED);
    }

    @Test
    void theSuccessCodeCanBeChanged() throws Exception {
        assertThat(boot(TinyKernel.exit(0x11), "--success-code", "0x11").exitCode()).isZero();
        assertThat(boot(TinyKernel.exit(0x10), "--success-code", "17").exitCode()).isEqualTo(ExitCode.GUEST_FAILED);
    }

    @Test
    void aTripleFaultIsAFailure() throws Exception {
        CapturedRun run = boot(TinyKernel.UD2);

        assertThat(run.errors()).startsWith("trapframe: the guest failed: triple fault, at position 0 ");
        assertThat(run.exitCode()).isEqualTo(ExitCode.GUEST_FAILED);
    }

    @Test
    void aCpuThatNothingCanWakeEndsTheRun() throws Exception {
        CapturedRun run = boot(TinyKernel.HALT);

        assertThat(run.errors()).startsWith("trapframe: the guest halted for good");
        assertThat(run.exitCode()).isEqualTo(ExitCode.HANG);
    }

    @Test
    void aLimitOfVirtualTimeEndsTheRun() throws Exception {
        Map<String, Object> result = bootForJson(ExitCode.LIMIT, TinyKernel.SPIN, "--limit", "1ms");

        assertThat(result).containsEntry("ending", "limit").containsEntry("exitCode", ExitCode.LIMIT)
                .containsEntry("position", 1_000_000).containsEntry("virtualNanos", 1_000_000)
                .containsEntry("executedCodeBytes", 1_000_000);
    }

    @Test
    void aLimitOfCodeBytesEndsTheRun() throws Exception {
        Map<String, Object> result = bootForJson(ExitCode.LIMIT, TinyKernel.SPIN, "--limit", "5k");

        assertThat(result).containsEntry("ending", "limit").containsEntry("position", 5_000);
    }

    @Test
    void aRunThatEndsAtItsLimitSaysWhyNoHangWasProved() throws Exception {
        CapturedRun run = boot(TinyKernel.COUNT, "--limit", "20ms");

        assertThat(run.exitCode()).isEqualTo(ExitCode.LIMIT);
        assertThat(run.errors().lines()).hasSize(2).last().asString()
                .startsWith("trapframe: not proved to hang: ").endsWith(", at 0x100003)");
    }

    @Test
    @SuppressWarnings("unchecked")
    void aRunThatEndsAtItsLimitTellsProgramsWhyNoHangWasProved() throws Exception {
        Map<String, Object> verdict = (Map<String, Object>) bootForJson(ExitCode.LIMIT, TinyKernel.COUNT, "--limit", "20ms").get("verdict");

        assertThat(verdict).containsEntry("kind", "not-proved").containsKeys("position", "known", "cpus");
    }

    @Test
    void aRunTooShortToBeSuspiciousSaysNothingOfHangs() throws Exception {
        assertThat(boot(TinyKernel.COUNT, "--limit", "5k").errors().lines()).hasSize(1);
    }

    @Test
    void theInputFileReachesTheGuestAndTheConsoleFileItsOutput() throws Exception {
        Path input = Files.writeString(folder.resolve("input.txt"), "first line\nsecond line\nnever read");

        CapturedRun run = boot(TinyKernel.ECHO, "--input", input.toString(), "--until", "second line\n");

        assertThat(run.errors()).startsWith("trapframe: the guest showed the text of --until, at position ");
        assertThat(run.exitCode()).isZero();
        assertThat(console()).isEqualTo("first line\nsecond line\n");
    }

    @Test
    void theTextOfAFailureEndsTheRunAsFailed() throws Exception {
        Path input = Files.writeString(folder.resolve("input.txt"), "Kernel panic - not ready");

        CapturedRun run = boot(TinyKernel.ECHO, "--input", input.toString(), "--until", "ready", "--fail", "panic");

        assertThat(run.exitCode()).isEqualTo(ExitCode.GUEST_FAILED);
        assertThat(console()).isEqualTo("Kernel panic");
    }

    @Test
    void theSameRunTwiceGivesTheSameResult() throws Exception {
        Path input = Files.writeString(folder.resolve("input.txt"), "some input to echo\n");
        String[] options = {"--input", input.toString(), "--until", "\n"};

        Map<String, Object> first = bootForJson(ExitCode.SUCCESS, TinyKernel.ECHO, options);
        Map<String, Object> second = bootForJson(ExitCode.SUCCESS, TinyKernel.ECHO, options);

        for (String hostOnly : List.of("hostNanos", "codeBytesPerSecond")) {
            assertThat(first.remove(hostOnly)).isNotNull();
            second.remove(hostOnly);
        }
        assertThat((String) first.get("stateHash")).matches("[0-9a-f]{32}");
        assertThat(second).isEqualTo(first);
    }

    @Test
    void statisticsTellHowFarTheMachineCame() throws Exception {
        CapturedRun run = boot(TinyKernel.exit(0x10), "--stats");

        assertThat(run.errors().lines()).allMatch(line -> line.startsWith("trapframe: "));
        assertThat(run.errors()).contains("position 4, virtual time 0.000000 s, host time ", "4 code bytes executed",
                "exceptions: none", "ports 1", "state hash ");
    }

    @Test
    void statisticsOfSeveralCpusTellWhatEachOfThemDid() throws Exception {
        assertThat(boot(TinyKernel.exit(0x10), "--stats").errors()).doesNotContain("CPU 0");
        CapturedRun run = boot(TinyKernel.exit(0x10), "--stats", "--cpus", "2");

        assertThat(run.errors().lines().filter(line -> line.contains("CPU "))).containsExactly(
                "trapframe: CPU 0: code bytes 4, exceptions 0, halts 0, interrupts 0, local timer 0, software 0, system calls 0",
                "trapframe: CPU 1: code bytes 0, exceptions 0, halts 0, interrupts 0, local timer 0, software 0, system calls 0");
    }

    private CapturedRun boot(String code, String... options) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("boot", TinyKernel.write(folder, code), "--memory", "2M",
                "--console", folder.resolve("console").toString()));
        // A guard: nothing here takes longer, and a test that hangs tells nothing.
        if (!List.of(options).contains("--limit")) {
            arguments.addAll(List.of("--limit", "10s"));
        }
        if (!List.of(options).contains("--input")) {
            arguments.addAll(List.of("--input", "/dev/null"));
        }
        arguments.addAll(List.of(options));
        CapturedRun run = CapturedRun.of(arguments.toArray(String[]::new));
        assertThat(run.output()).satisfiesAnyOf(
                output -> assertThat(output).isEmpty(), output -> assertThat(arguments).contains("--json"));
        return run;
    }

    private Map<String, Object> bootForJson(int exitCode, String code, String... options) throws IOException {
        List<String> all = new ArrayList<>(List.of(options));
        all.add("--json");
        CapturedRun run = boot(code, all.toArray(String[]::new));
        assertThat(run.errors()).isEmpty();
        assertThat(run.exitCode()).isEqualTo(exitCode);
        return JSON.std.mapFrom(run.output());
    }

    private String console() throws IOException {
        return Files.readString(folder.resolve("console"));
    }
}
