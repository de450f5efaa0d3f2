package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trapframe.machine.StopReason;

/** Debian's unmodified kernel in Trapframe: from its 64-bit entry to a script in user space, and to the end that it asks for. */
class DebianBootTest {
    /** In the middle of the boot. */
    private static final long WINDOW = 2_400_000_000L;

    @TempDir
    Path folder;

    @Test
    void reachesUserSpaceAndRebootsInOneStateWhoeverLooks() throws IOException {
        DebianKernel debian = DebianKernel.orSkip();

        DebianBoot boot = DebianBoot.run(debian.kernel(), debian.initramfs(), DebianKernel.COMMAND_LINE);

        assertThat(boot.reason()).as(boot.console()).isInstanceOf(StopReason.Reset.class);
        assertReachesUserSpace(boot);
        assertThat(DebianBoot.run(debian.kernel(), debian.initramfs(), DebianKernel.COMMAND_LINE)).as("the same boot again")
                .isEqualTo(boot);
        assertSteppedAlike(debian, DebianKernel.COMMAND_LINE, boot);
    }

    @Test
    void findsAcpiAndItsClocksByDefaultAndSwitchesItselfOff() throws IOException {
        DebianKernel debian = DebianKernel.orSkip();

        DebianBoot boot = DebianBoot.run(debian.kernel(), debian.initramfs(), DebianKernel.DEFAULTS);

        assertThat(boot.reason()).as(boot.console()).isEqualTo(new StopReason.PowerOff());
        assertReachesUserSpace(boot);
        assertThat(boot.lines()).contains(
                "ACPI: PM-Timer IO Port: 0x608",
                "IOAPIC[0]: apic_id 1, version 17, address 0xfec00000, GSI 0-23",
                "ACPI: INT_SRC_OVR (bus 0 bus_irq 0 global_irq 2 dfl dfl)",
                "ACPI: INT_SRC_OVR (bus 0 bus_irq 9 global_irq 9 high level)",
                "ACPI: Using ACPI (MADT) for SMP configuration information",
                "ACPI: HPET id: 0x8086a201 base: 0xfed00000",
                "..TIMER: vector=0x30 apic1=0 pin1=2 apic2=-1 pin2=-1",
                "ACPI: 1 ACPI AML tables successfully acquired and loaded",
                "ACPI: Using IOAPIC for interrupt routing",
                "hpet0: 3 comparators, 64-bit 100.000000 MHz counter",
                "clocksource: acpi_pm: mask: 0xffffff max_cycles: 0xffffff, max_idle_ns: 2085701024 ns",
                "ACPI: PM: Preparing to enter system sleep state S5");
        assertThat(boot.lines()).anyMatch(line -> line.matches("tsc: Refined TSC clocksource calibration: (999.999|1000.000) MHz"));
        assertThat(boot.lines()).as(boot.console()).noneMatch(line -> line.matches("(?i).*(acpi (bios )?(error|warning)|firmware bug|unexpected irq|"
                + "spurious|nobody cared|clocksource.*unstable).*"));
        assertSteppedAlike(debian, DebianKernel.DEFAULTS, boot);
    }

    @Test
    void theCommandSucceedsWhenTheGuestSwitchesItselfOff() throws Exception {
        Launcher.assumeBuilt();
        DebianKernel debian = DebianKernel.orSkip();

        Launcher.Result result = Launcher.run(folder, Map.of(), Launcher.PATH, "boot", debian.kernel().toString(), "--initrd",
                debian.initramfs().toString(), "--append", DebianKernel.DEFAULTS);

        assertThat(result.exitCode()).as(result.errors()).isZero();
        assertThat(result.output().lines().map(String::strip)).contains(DebianKernel.MARKER);
        assertThat(result.errors()).startsWith("trapframe: the guest switched the machine off, at position ");
    }

    private static void assertReachesUserSpace(DebianBoot boot) {
        List<String> lines = boot.lines();
        int marker = lines.indexOf(DebianKernel.MARKER);
        assertThat(marker).as(boot.console()).isNotNegative();
        assertThat(lines.get(marker + 1)).startsWith("Linux (none) ").endsWith(" GNU/Linux");
        assertThat(lines.get(marker + 2).split(" +")).contains("bin", "dev", "init", "proc", "sys");
    }

    private static void assertSteppedAlike(DebianKernel debian, String commandLine, DebianBoot boot) throws IOException {
        assertThat(boot.position()).as("the window is in the middle").isGreaterThan(WINDOW);
        assertThat(DebianBoot.stepped(debian.kernel(), debian.initramfs(), commandLine, WINDOW))
                .as("the same boot with a window in single steps")
                .extracting(DebianBoot::withoutMisses).isEqualTo(boot.withoutMisses());
    }
}
