package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.device.drive.DriveSpec;
import trapframe.tests.SproutBoot.Run;

/** Sprout with the APICs in place of the 8259s, on one processor. */
class SproutApicTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String COMMANDS = "run=\"ls; ls; ls /disk; cat /disk/hello.txt\"";

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"test=boot-stages", "test=kthread", "test=sleep", "test=ktest section=Time"})
    void printsTheSameAsWithThe8259s(String commandLine) {
        Run run = SproutBoot.of(commandLine + " apic").run();

        assertThat(run.lines()).isEqualTo(SproutBoot.of(commandLine).run().lines());
        assertThat(run.reason()).isEqualTo(SproutBoot.SUCCESS);
        if (Qemu.available()) {
            assertThat(Qemu.run(SproutBoot.IMAGE, commandLine + " apic", LIMIT).lines()).isEqualTo(run.lines());
        }
    }

    /** The disk interrupts by a message, or, if it has none, by a pin of the I/O APIC. */
    @Test
    void readsADisk() throws Exception {
        FatImage image = FatImage.fat16();
        image.root().file("HELLO.TXT", "Hello from the disk.\n".getBytes(StandardCharsets.ISO_8859_1));
        Path disk = Files.write(folder.resolve("disk"), image.build());
        Run run = SproutBoot.of(COMMANDS + " apic").withDrives(new DriveSpec(disk, DriveSpec.Access.READ_ONLY, DriveSpec.Bus.PCI)).run();

        assertThat(run.linesAfterStages()).containsExactly(".", "bin/", "disk/", "hello.txt", ".", "bin/", "disk/", "hello.txt", ".", "HELLO.TXT",
                "Hello from the disk.");
        for (String device : Qemu.available() ? new String[] {"virtio-blk-pci", "virtio-blk-pci,vectors=0"} : new String[0]) {
            assertThat(Qemu.run(SproutBoot.IMAGE, COMMANDS + " apic", LIMIT,
                    "-drive", "file=" + disk + ",if=none,id=disk,format=raw", "-device", device + ",drive=disk").lines()).isEqualTo(run.lines());
        }
    }

    @Test
    void saysThatThereAreNone() {
        assumeTrue(Qemu.available(), "qemu-system-x86_64 is not installed");
        Qemu.Result result = Qemu.run(SproutBoot.IMAGE, "apic", LIMIT, "-machine", "pc,acpi=off");

        assertThat(result.lines()).contains("panic: the firmware's tables name no APICs").endsWith("Sprout: failed");
    }
}
