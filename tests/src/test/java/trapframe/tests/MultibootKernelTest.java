package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
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

/** A Multiboot kernel that prints what it was given, linked as a linker does it by default. */
class MultibootKernelTest {
    private static final long MEMORY = 64L << 20;
    /** Far more than the kernel executes. */
    private static final long LIMIT = 10_000_000;

    @TempDir
    private Path folder;
    private Path kernel;

    @BeforeEach
    void assemble() throws IOException, InterruptedException {
        kernel = AssembledProgram.kernel("multiboot.S", folder.resolve("multiboot.elf"));
    }

    /** The option for two modules, with the files it names. */
    private String modules() throws IOException {
        Path one = Files.writeString(folder.resolve("one"), "first module\0");
        Path two = Files.writeString(folder.resolve("two"), "second module\0");
        return one + " x=1 y=2," + two;
    }

    @Test
    void isToldItsCommandLineModulesAndMemory() throws IOException {
        ByteArrayOutputStream console = new ByteArrayOutputStream();
        BootParameters parameters = new BootParameters("hello there", BootModule.open(modules()));
        try (Machine machine = new Machine(MachineSpec.standard().withMemory(MEMORY), BootImage.open(kernel), parameters,
                new SerialInputQueue(), console::write)) {
            assertThat(machine.run(new RunLimits(LIMIT))).isEqualTo(new StopReason.GuestExit(0x10, true));
        }
        assertThat(console.toString(StandardCharsets.ISO_8859_1)).isEqualTo("""
                multiboot.elf hello there
                one x=1 y=2
                first module
                two
                second module
                00000000 0009fc00 00000001\s
                0009fc00 00000400 00000002\s
                000f0000 00010000 00000002\s
                00100000 03f00000 00000001\s
                0000027f 0000fc00 00000000\s
                """);
    }

    /** QEMU names files as they were given, and keeps a part at the end of RAM for its firmware. */
    @Test
    void isToldTheSameByQemu() throws IOException {
        assumeTrue(Qemu.available(), "qemu-system-x86_64 is not installed");
        Qemu.Result result = Qemu.run(kernel, "hello there", Duration.ofSeconds(30), "-m", "64", "-initrd", modules());
        assertThat(result.exitStatus()).isEqualTo(Qemu.exitStatus(0x10));
        assertThat(result.lines().stream().map(line -> line.replace(folder + "/", "")).toList()).startsWith(
                "multiboot.elf hello there", "one x=1 y=2", "first module", "two", "second module",
                "00000000 0009fc00 00000001 ", "0009fc00 00000400 00000002 ", "000f0000 00010000 00000002 ");
        assertThat(List.of(result.lines().getLast().split(" "))).startsWith("0000027f").endsWith("00000000");
    }
}
