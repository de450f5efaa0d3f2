package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import trapframe.boot.BootImage;
import trapframe.boot.BootModule;
import trapframe.boot.BootParameters;
import trapframe.device.SerialInputQueue;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;

/**
 * Debian's Xen, a Multiboot kernel, with Debian's Linux as a module, which runs in ring 3 of 64-bit mode on it: a kernel that nobody here
 * wrote, with its own page tables for another one, which sees its privileged instructions as faults.
 */
class XenBootTest {
    private static final long MEMORY = 1L << 30;
    private static final RunLimits LIMIT = new RunLimits(60_000_000_000L);

    /** Downloads the hypervisor, or skips with the reason why that is impossible. */
    private static Path xen() {
        DebianPackage.Result<Path> result = DebianPackage.obtain("xen", folder -> {
            Path xen = folder.resolve("xen");
            if (!Files.exists(xen)) {
                String name = DebianPackage.newest(folder, "xen-system-amd64", "xen-hypervisor-\\d\\S*");
                DebianPackage.unpack(folder, name, unpacked -> {
                    Path packed = DebianPackage.only(unpacked, "boot/xen-.*\\.gz", name);
                    Path fresh = unpacked.resolve("xen");
                    try (InputStream bytes = new GZIPInputStream(Files.newInputStream(packed))) {
                        Files.copy(bytes, fresh);
                    }
                    Files.move(fresh, xen, StandardCopyOption.ATOMIC_MOVE);
                });
            }
            return xen;
        });
        return switch (result) {
            case DebianPackage.Result.Obtained<Path>(Path xen) -> xen;
            case DebianPackage.Result.Missing<Path>(String reason) -> Assumptions.abort("Debian's Xen cannot be had: " + reason);
        };
    }

    @Test
    void xenStartsLinuxWhichReachesUserSpaceAndSwitchesTheMachineOff() throws IOException {
        DebianKernel debian = DebianKernel.orSkip(DebianKernel.Flavour.GENERIC);
        StringBuilder console = new StringBuilder();
        BootParameters parameters = BootParameters.of("com1=115200,8n1 console=com1 loglvl=all dom0_mem=512M",
                BootModule.open(debian.kernel() + " console=hvc0 panic=-1," + debian.initramfs()).toArray(new BootModule[0]));
        try (Machine machine = new Machine(MachineSpec.standard().withMemory(MEMORY), BootImage.open(xen()), parameters,
                new SerialInputQueue(), value -> console.append((char) value))) {
            StopReason reason = machine.run(LIMIT);

            assertThat(console.toString()).contains("(XEN) Xen version ", "(XEN) *** Building a PV Dom0 ***", "Booting kernel on Xen",
                    DebianKernel.MARKER, "(XEN) Entering ACPI S5 state.");
            assertThat(reason).as(console.toString()).isInstanceOf(StopReason.PowerOff.class);
        }
    }
}
