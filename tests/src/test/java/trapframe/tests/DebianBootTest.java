package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trapframe.boot.BootImage;
import trapframe.boot.BootModule;
import trapframe.boot.BootParameters;
import trapframe.device.SerialInputQueue;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;

/** Debian's unmodified kernel in Trapframe: from its 64-bit entry to a script in user space, and to the reboot that it asks for. */
class DebianBootTest {
    /** In code bytes: several times what the boot takes. */
    private static final RunLimits LIMIT = new RunLimits(40_000_000_000L);
    /** In the middle of the boot. */
    private static final long WINDOW = 2_400_000_000L;

    @TempDir
    Path folder;

    /** How a run ended, what the console showed, and the hash and the position at the end. */
    private record Run(StopReason reason, String console, String hash, long position, long tlbMisses) {
        /** Looking costs TLB misses, and nothing else. */
        Run withoutMisses() {
            return new Run(reason, console, hash, position, 0);
        }
    }

    @Test
    void reachesUserSpaceAndRebootsInOneStateWhoeverLooks() throws IOException {
        DebianKernel debian = DebianKernel.orSkip();

        Run run = boot(debian, 0);

        assertThat(run.reason()).as(run.console()).isInstanceOf(StopReason.Reset.class);
        List<String> lines = run.console().lines().toList();
        int marker = lines.indexOf(DebianKernel.MARKER);
        assertThat(marker).as(run.console()).isNotNegative();
        assertThat(lines.get(marker + 1)).startsWith("Linux (none) ").endsWith(" GNU/Linux");
        assertThat(lines.get(marker + 2).split(" +")).contains("bin", "dev", "init", "proc", "sys");
        assertThat(run.position()).as("the window is in the middle").isGreaterThan(WINDOW);
        assertThat(boot(debian, 0)).as("the same boot again").isEqualTo(run);
        assertThat(boot(debian, WINDOW)).as("the same boot with a window in single steps")
                .extracting(Run::withoutMisses).isEqualTo(run.withoutMisses());
    }

    @Test
    void theCommandSucceedsWhenTheGuestReboots() throws Exception {
        Launcher.assumeBuilt();
        DebianKernel debian = DebianKernel.orSkip();

        Launcher.Result result = Launcher.run(folder, Map.of(), Launcher.PATH, "boot", debian.kernel().toString(), "--initrd",
                debian.initramfs().toString(), "--append", DebianKernel.COMMAND_LINE);

        assertThat(result.exitCode()).as(result.errors()).isZero();
        assertThat(result.output().lines().map(String::strip)).contains(DebianKernel.MARKER);
    }

    private static Run boot(DebianKernel debian, long window) throws IOException {
        StringBuilder console = new StringBuilder();
        try (Machine machine = new Machine(MachineSpec.standard(), BootImage.open(debian.kernel()),
                BootParameters.of(DebianKernel.COMMAND_LINE, BootModule.open(debian.initramfs().toString())
                        .toArray(new BootModule[0])),
                new SerialInputQueue(), value -> console.append((char) value))) {
            StopReason reason = window == 0 ? machine.run(LIMIT) : SteppedWindow.run(machine, window, LIMIT);
            return new Run(reason, console.toString(), machine.stateHash(), machine.clock().position(),
                    machine.cpus().getFirst().tlbFills());
        }
    }
}
