package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A lock of a module is taken with interrupts on, in a kernel that nobody here wrote: found, proved and explained by its symbols alone. */
class LinuxModuleHangTest {
    private static final String BEGIN = "LEDGER-LOADS";
    private static final String DONE = "LEDGER-DONE";
    private static final String INIT = """
            #!/bin/busybox sh
            B=/bin/busybox
            $B mount -t proc proc /proc
            echo %s
            $B insmod /ledger.ko $($B grep -o safe=1 /proc/cmdline)
            echo %s
            $B reboot -f
            """;

    @TempDir
    private Path folder;

    @Test
    void isFoundProvedAndExplained() throws IOException, InterruptedException {
        Launcher.assumeBuilt();
        DebianKernel debian = DebianKernel.orSkip();
        Path module = LedgerModule.orSkip(debian);
        Path initramfs = initramfs(debian, module);
        Path symbols = Files.write(folder.resolve("System.map"), debian.kallsyms(module, "safe=1 rounds=1"));
        Path findings = folder.resolve("findings");

        Launcher.Result explored = explore(debian, initramfs, "", findings);

        assertThat(explored.exitCode()).as(explored.errors()).isEqualTo(1);
        Path recording = findings.resolve("finding-1.recording");
        Launcher.Result explained = trapframe("explain", recording.toString(), "--symbols", symbols.toString());
        assertThat(explained.exitCode()).as(explained.errors()).isZero();
        assertThat(explained.output()).startsWith("the guest hangs: it spins")
                .containsSubsequence("waiting for", "ledger_lock", "lock taken by CMPXCHG", "_raw_spin_lock", "ledger_tick", "held since",
                        "_raw_spin_lock", "ledger_post", "ledger_thread", "then interrupted", "by vector", "ledger_post");
        assertThat(trapframe("replay", recording.toString(), "--verify").exitCode()).isEqualTo(3);
    }

    @Test
    void isNotFoundWhereTheLockKeepsInterruptsOut() throws IOException, InterruptedException {
        Launcher.assumeBuilt();
        DebianKernel debian = DebianKernel.orSkip();
        Path initramfs = initramfs(debian, LedgerModule.orSkip(debian));

        Launcher.Result explored = explore(debian, initramfs, "safe=1", folder.resolve("findings"));

        assertThat(explored.exitCode()).as(explored.errors()).isZero();
    }

    private Launcher.Result explore(DebianKernel debian, Path initramfs, String argument, Path findings)
            throws IOException, InterruptedException {
        return trapframe("explore", debian.kernel().toString(), "--initrd", initramfs.toString(), "--append",
                DebianKernel.COMMAND_LINE + " quiet " + argument, "--from", BEGIN, "--to", DONE, "--until", DONE, "--limit", "6s",
                "--strategy", "spread", "--budget", "40", "--out", findings.toString());
    }

    private Launcher.Result trapframe(String... arguments) throws IOException, InterruptedException {
        return Launcher.run(folder, Map.of(), Launcher.PATH, arguments);
    }

    private Path initramfs(DebianKernel debian, Path module) throws IOException {
        byte[] init = INIT.formatted(BEGIN, DONE).getBytes(StandardCharsets.US_ASCII);
        return Files.write(folder.resolve("initramfs.cpio"), new CpioArchive().folder("bin").folder("dev").folder("proc")
                .characterDevice("dev/console", 5, 1).program("bin/busybox", Files.readAllBytes(debian.busybox()))
                .program("ledger.ko", Files.readAllBytes(module)).program("init", init).build());
    }
}
