package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trapframe.boot.BootImage;
import trapframe.boot.PvhImage;
import trapframe.boot.VmlinuxImage;
import trapframe.machine.MachineSpec;
import trapframe.machine.StopReason;

/**
 * The ELF file inside Debian's generic kernel, which is a Linux that also reads an MP table: by its PVH entry, and by the 64-bit
 * boot protocol as if it had none.
 */
class VmlinuxBootTest {
    /** Code bytes after which the interrupt controllers are set up and the timers run. */
    private static final long CONTROLLERS_RUN = 1_300_000_000L;

    /** Code bytes after which all processors run. */
    private static final long PROCESSORS_RUN = 1_800_000_000L;

    private static final int SETUP_SECTS = 0x1f1;
    private static final int PAYLOAD_OFFSET = 0x248;
    private static final int PAYLOAD_LENGTH = 0x24c;
    private static final int PHYS32_ENTRY = 18;
    private static final int UNKNOWN_NOTE = 999;

    @TempDir
    static Path folder;

    /** Unpacks the ELF file from the bzImage (Documentation/arch/x86/boot.rst, payload_offset); skips where xz is missing. */
    @BeforeAll
    static void unpack() throws IOException, InterruptedException {
        byte[] image = Files.readAllBytes(DebianKernel.orSkip(DebianKernel.Flavour.GENERIC).kernel());
        ByteBuffer header = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
        int start = 512 * (1 + header.get(SETUP_SECTS)) + header.getInt(PAYLOAD_OFFSET);
        // The payload ends with its size when it is unpacked.
        byte[] payload = Arrays.copyOfRange(image, start, start + header.getInt(PAYLOAD_LENGTH) - 4);
        Path packed = Files.write(folder.resolve("vmlinux.xz"), payload);
        try {
            assertThat(new ProcessBuilder("xz", "-d", packed.toString()).inheritIO().start().waitFor()).as("xz").isZero();
        } catch (IOException e) {
            Assumptions.abort("xz is not installed");
        }
    }

    private static Path initramfs() {
        return DebianKernel.orSkip(DebianKernel.Flavour.GENERIC).initramfs();
    }

    @Test
    void bootsByPvhAndFindsItsProcessorAndInterruptsInTheMpTable() throws Exception {
        Path kernel = folder.resolve("vmlinux");
        assertThat(BootImage.open(kernel)).isInstanceOf(PvhImage.class);
        String commandLine = "console=ttyS0 panic=-1 acpi=off";

        List<DebianBoot> parts = DebianBoot.inTwoParts(kernel, initramfs(), commandLine, CONTROLLERS_RUN);

        DebianBoot boot = parts.getLast();
        assertThat(boot.reason()).as(boot.console()).isInstanceOf(StopReason.Reset.class);
        assertThat(boot.lines()).contains(DebianKernel.MARKER,
                "Intel MultiProcessor Specification v1.4",
                "MPTABLE: OEM ID: TRAPFRAM",
                "MPTABLE: APIC at: 0xFEE00000",
                "IOAPIC[0]: apic_id 1, version 17, address 0xfec00000, GSI 0-23",
                "..TIMER: vector=0x30 apic1=0 pin1=2 apic2=0 pin2=0");
        assertThat(DebianBoot.run(kernel, initramfs(), commandLine, CONTROLLERS_RUN)).as("the same again")
                .isEqualTo(parts.getFirst());
    }

    @Test
    void startsTheProcessorsOfTheMpTable() throws Exception {
        DebianBoot boot = DebianBoot.run(MachineSpec.standard().withCpus(4), folder.resolve("vmlinux"), initramfs(),
                "console=ttyS0 panic=-1 acpi=off", PROCESSORS_RUN);

        assertThat(boot.lines()).contains("IOAPIC[0]: apic_id 4, version 17, address 0xfec00000, GSI 0-23",
                "smp: Brought up 1 node, 4 CPUs");
    }

    @Test
    void bootsByThe64BitProtocolWithoutAPvhNote() throws Exception {
        byte[] elf = Files.readAllBytes(folder.resolve("vmlinux"));
        forgetPvhEntry(elf);
        Path kernel = Files.write(folder.resolve("without-pvh"), elf);
        assertThat(BootImage.open(kernel)).isInstanceOf(VmlinuxImage.class);

        DebianBoot boot = DebianBoot.run(kernel, initramfs(), "console=ttyS0 panic=-1 noapic", CONTROLLERS_RUN);

        assertThat(boot.lines()).contains("Command line: console=ttyS0 panic=-1 noapic",
                "ACPI: Skipping IOAPIC probe due to 'noapic' option.",
                "BIOS-e820: [mem 0x0000000000100000-0x000000000fffffff] usable")
                .anyMatch(line -> line.startsWith("ACPI: RSDP 0x00000000000F0010"))
                .anyMatch(line -> line.startsWith("RAMDISK: ["))
                .anyMatch(line -> line.contains("Interpreter enabled"));
    }

    /** Gives the note another type, as kernels from before PVH have none. */
    private static void forgetPvhEntry(byte[] elf) {
        ByteBuffer bytes = ByteBuffer.wrap(elf).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at + 16 <= elf.length; at += 4) {
            if (bytes.getInt(at) == 4 && bytes.getInt(at + 4) == 8 && bytes.getInt(at + 8) == PHYS32_ENTRY
                    && elf[at + 12] == 'X' && elf[at + 13] == 'e' && elf[at + 14] == 'n') {
                bytes.putInt(at + 8, UNKNOWN_NOTE);
                return;
            }
        }
        throw new AssertionError("no PVH note");
    }
}
