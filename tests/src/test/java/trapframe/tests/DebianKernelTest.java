package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.Test;

import trapframe.boot.BootImage;
import trapframe.boot.BootModule;
import trapframe.boot.BootParameters;
import trapframe.boot.LinuxImage;
import trapframe.cpu.EntryState;
import trapframe.firmware.Firmware;
import trapframe.firmware.Platform;
import trapframe.memory.GuestMemory;

/** That the kernel and the initramfs of the Linux boot test are what they should be, before Trapframe runs them. */
class DebianKernelTest {
    private static final Duration LIMIT = Duration.ofSeconds(120);

    @Test
    void reachesItsInitUnderQemu() {
        assumeTrue(Qemu.available(), "qemu-system-x86_64 is not installed");
        DebianKernel debian = DebianKernel.orSkip();

        Qemu.Result result = Qemu.run(debian.kernel(), DebianKernel.COMMAND_LINE, LIMIT,
                "-m", "512", "-initrd", debian.initramfs().toString());

        assertThat(result.exitStatus()).isZero();
        int marker = result.lines().indexOf(DebianKernel.MARKER);
        assertThat(marker).as(result.console()).isNotNegative();
        assertThat(result.lines().get(marker + 1)).startsWith("Linux (none) ").endsWith(" GNU/Linux");
        assertThat(result.lines().get(marker + 2).split(" +")).contains("bin", "dev", "init", "proc", "sys");
    }

    @Test
    void isLoadedByThe64BitBootProtocol() throws IOException {
        DebianKernel debian = DebianKernel.orSkip();
        BootImage image = BootImage.open(debian.kernel());
        assertThat(image).isInstanceOf(LinuxImage.class);
        assertThat(image.protocol()).isEqualTo("Linux 64-bit boot protocol 2.15");
        try (GuestMemory ram = new GuestMemory(512L << 20)) {
            EntryState entry = image.load(ram, new Firmware(new Platform(ram.size(), 1, 0, 0, List.of())),
                    new BootParameters(DebianKernel.COMMAND_LINE, BootModule.open(debian.initramfs().toString())));
            assertThat(entry.mode()).isEqualTo(EntryState.Mode.LONG);
            assertThat(entry.rip()).isEqualTo(0x100_0200);
            byte[] initramfs = Files.readAllBytes(debian.initramfs());
            long initrd = Integer.toUnsignedLong(ram.getInt(entry.rsi() + 0x218));
            assertThat(initrd).isEqualTo((512L << 20) - initramfs.length & -4096L);
            assertThat(ram.read(initrd, initramfs.length)).isEqualTo(initramfs);
        }
    }

    @Test
    void theInitramfsHasEachEntryInOrderAndAnEndMark() {
        byte[] archive = DebianKernel.initramfs("ELF".getBytes(StandardCharsets.US_ASCII));
        StringBuilder names = new StringBuilder();
        int at = 0;
        while (at < archive.length) {
            assertThat(at % 4).isZero();
            assertThat(text(archive, at, 6)).isEqualTo("070701");
            int size = field(archive, at, 6);
            int nameLength = field(archive, at, 11);
            String name = text(archive, at + 110, nameLength - 1);
            names.append(name).append(' ').append(Integer.toOctalString(field(archive, at, 1))).append(' ').append(size)
                    .append('\n');
            assertThat(archive[at + 110 + nameLength - 1]).isZero();
            at = align4(at + 110 + nameLength);
            if (name.equals("bin/busybox")) {
                assertThat(text(archive, at, size)).isEqualTo("ELF");
            }
            at = align4(at + size);
        }
        assertThat(at).isEqualTo(archive.length);
        assertThat(names.toString()).matches("""
                bin 40755 0
                dev 40755 0
                proc 40755 0
                sys 40755 0
                dev/console 20600 0
                bin/busybox 100755 3
                init 100755 \\d+
                TRAILER!!! 0 0
                """);
    }

    /** A field of the header: eight hexadecimal digits behind the magic. */
    private static int field(byte[] archive, int header, int index) {
        return Integer.parseInt(text(archive, header + 6 + 8 * index, 8), 16);
    }

    private static String text(byte[] archive, int at, int length) {
        return new String(archive, at, length, StandardCharsets.US_ASCII);
    }

    private static int align4(int value) {
        return value + 3 & -4;
    }
}
