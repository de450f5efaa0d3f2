package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.device.drive.DriveSpec;
import trapframe.tests.SproutBoot.Run;

/** Sprout's reader of FAT disks, which it sees at /disk, and its disks: virtio disks on PCI, or a module of the loader. */
class SproutDiskTest {
    private static final int MEMORY_MIB = 32;
    private static final Path HELLO = SproutBoot.IMAGE.resolveSibling("programs").resolve("sprout").resolve("hello-std");
    private static final String COMMANDS = "run=\"ls /disk; cat /disk/hello.txt; cat '/disk/Read me first, please.text' /disk/readme~1.tex;"
            + " ls /disk/data; cat /disk/DATA/../data/deep.txt; /disk/hello.elf from disk; cat /disk/none; echo x > /disk/hello.txt; rm /disk/hello.txt;"
            + " mkdir /disk/x\"";

    enum Layout {
        FAT16(FatImage::fat16), FAT12(FatImage::fat12), PARTITIONED(FatImage::partitioned);

        private final Supplier<FatImage> start;

        Layout(Supplier<FatImage> start) {
            this.start = start;
        }
    }

    @TempDir
    private Path folder;

    private static DriveSpec drive(Path file, DriveSpec.Access access) {
        return new DriveSpec(file, access, DriveSpec.Bus.PCI);
    }

    private Path write(byte[] image) throws IOException {
        return Files.write(folder.resolve("disk"), image);
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] sample(Layout layout) throws IOException {
        FatImage image = layout.start.get();
        image.root().file("HELLO.TXT", text("Hello from the disk.\n"))
                .file("Read me first, please.text", "README~1.TEX", text("first line\n".repeat(400)))
                .file("EMPTY", new byte[0])
                .file("HELLO.ELF", Files.readAllBytes(HELLO))
                .folder("DATA").file("DEEP.TXT", text("deep\n"));
        return image.build();
    }

    @ParameterizedTest
    @EnumSource
    void readsFilesAndRunsProgramsFromTheDisk(Layout layout) throws IOException {
        Path disk = write(sample(layout));
        Run run = SproutBoot.of(COMMANDS).withMemory(MEMORY_MIB).withDisk(disk).run();

        List<String> lines = run.linesAfterStages();
        assertThat(lines).startsWith(".", "HELLO.TXT", "Read me first, please.text", "EMPTY", "HELLO.ELF", "DATA/", "Hello from the disk.", "first line");
        assertThat(lines.stream().filter("first line"::equals)).hasSize(800);
        assertThat(lines).endsWith("first line", ".", "DEEP.TXT", "deep", "hello-std: from", "hello-std: disk",
                "hello-std: done", "cat: /disk/none: not found", "shell: /disk/hello.txt: read only", "rm: /disk/hello.txt: read only",
                "mkdir: /disk/x: read only", "error: bin/init ended with status 1", "Sprout: failed");
        if (Qemu.available()) {
            Qemu.Result peer = Qemu.run(SproutBoot.IMAGE, COMMANDS, Duration.ofSeconds(60), "-initrd", disk.toString());
            assertThat(peer.lines()).isEqualTo(run.lines());
        }
    }

    @Test
    void readsTheSameFromAVirtioDisk() throws IOException {
        Path disk = write(sample(Layout.FAT16));
        SproutBoot boot = SproutBoot.of(COMMANDS).withMemory(MEMORY_MIB);
        Run run = boot.withDrives(drive(disk, DriveSpec.Access.READ_ONLY)).run();

        assertThat(run.lines()).isEqualTo(boot.withDisk(disk).run().lines());
        for (String machine : Qemu.available() ? List.of("pc", "q35") : List.<String>of()) {
            Qemu.Result peer = Qemu.run(SproutBoot.IMAGE, COMMANDS, Duration.ofSeconds(60), "-machine", machine,
                    "-drive", "file=" + disk + ",if=none,id=disk,format=raw", "-device", "virtio-blk-pci,drive=disk");
            assertThat(peer.lines()).isEqualTo(run.lines());
        }
    }

    @Test
    void writesToAVirtioDiskAndTakesItBack() throws IOException {
        byte[] content = sample(Layout.FAT16);
        Path disk = write(content);
        Run run = SproutBoot.of("test=ktest section=Block").withMemory(MEMORY_MIB).withDrives(drive(disk, DriveSpec.Access.WRITE)).run();

        assertThat(run.lines()).containsSubsequence("=== Block Device ===", "  a_sector_that_is_written_comes_back ... ok",
                "  what_is_beyond_the_end_is_refused ... ok", SproutKtestTest.PASS);
        assertThat(disk).hasBinaryContent(content);
    }

    @Test
    void doesNotWriteToADiskThatIsReadOnly() throws IOException {
        Run run = SproutBoot.of("test=ktest section=Block").withMemory(MEMORY_MIB).withDrives(drive(write(new byte[4096]), DriveSpec.Access.READ_ONLY)).run();

        assertThat(run.lines()).containsSubsequence("  a_sector_that_is_written_comes_back ... skipped: the disk is read only",
                "  what_is_beyond_the_end_is_refused ... ok", SproutKtestTest.PASS);
    }

    @Test
    void takesTheFirstOfSeveralDisksThatShareAnInterrupt() throws IOException {
        Path disk = write(sample(Layout.FAT16));
        DriveSpec second = drive(Files.write(folder.resolve("second"), new byte[4096]), DriveSpec.Access.SNAPSHOT);
        DriveSpec third = drive(Files.write(folder.resolve("third"), new byte[4096]), DriveSpec.Access.SNAPSHOT);
        Run run = SproutBoot.of("run=\"cat /disk/hello.txt\" loglevel=debug").withMemory(MEMORY_MIB)
                .withDrives(drive(disk, DriveSpec.Access.SNAPSHOT), second, third).run();

        assertThat(run.lines()).contains("debug: block device 0: virtio disk, " + Files.size(disk) / 512 + " sectors",
                "debug: block device 1: virtio disk, 8 sectors", "debug: block device 2: virtio disk, 8 sectors", "Hello from the disk.");
    }

    @Test
    void saysThatThereIsNoFileSystemOnTheDisk() throws IOException {
        Run run = SproutBoot.of("run=\"ls /disk; ls\"").withMemory(MEMORY_MIB).withDisk(write(new byte[4096])).run();

        assertThat(run.linesAfterStages()).containsExactly("vfs: there is no FAT12 or FAT16 file system on the disk", ".", ".", "bin/", "disk/",
                "hello.txt");
        assertThat(run.reason()).isEqualTo(SproutBoot.SUCCESS);
    }

    /** What a damaged disk holds is anybody's guess; that the file server goes on is not. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void survivesDamagedDisks(int seed) throws IOException {
        Random random = new Random(seed);
        byte[] image = sample(Layout.values()[seed % Layout.values().length]);
        int interesting = 64 << 10;
        for (int i = 0; i < 1 << seed; i++) {
            image[random.nextInt(seed % 2 == 0 ? interesting : image.length)] = (byte) random.nextInt(256);
        }
        Run run = SproutBoot.of("run=\"ls /disk; cat /disk/hello.txt /disk/hello.elf > /x; ls /disk/data; cat /disk/data/deep.txt > /x; rm /x; ls\"")
                .withMemory(MEMORY_MIB).withDisk(write(image)).run();

        assertThat(run.lines()).endsWith(".", "bin/", "disk/", "hello.txt");
        assertThat(run.reason()).isEqualTo(SproutBoot.SUCCESS);
    }

    @Test
    void readsWhatOthersWrite() throws Exception {
        Path disk = folder.resolve("mtools");
        assumeTrue(runs("mkfs.vfat", "-C", "-F", "16", disk.toString(), "16384"), "mkfs.vfat, which makes the disk, is not there");
        Path file = Files.writeString(folder.resolve("A file with a long name.txt"), "Hello from mtools.\n");
        assumeTrue(runs("mcopy", "-i", disk.toString(), file.toString(), "::"), "mcopy, which fills the disk, is not there");
        Run run = SproutBoot.of("run=\"ls /disk; cat '/disk/a file with a long name.txt'\"").withMemory(MEMORY_MIB).withDisk(disk).run();

        assertThat(run.linesAfterStages()).containsExactly(".", "A file with a long name.txt", "Hello from mtools.");
    }

    private static boolean runs(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
