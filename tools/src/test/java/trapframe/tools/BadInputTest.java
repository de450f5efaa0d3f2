package trapframe.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.Resources.SYSTEM_ERR;
import static org.junit.jupiter.api.parallel.Resources.SYSTEM_OUT;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever is wrong with what the user gives: one line that says what, exit code 2, nothing on the standard output. */
@ResourceLock(SYSTEM_OUT)
@ResourceLock(SYSTEM_ERR)
class BadInputTest {
    private static final short EM_AARCH64 = 183;

    @TempDir
    Path folder;

    @Test
    void anImageThatIsNotThere() {
        assertRefused("no-such-file: no such file", "boot", folder.resolve("no-such-file").toString());
    }

    @Test
    void whatExploreCannotSearch() throws Exception {
        String kernel = TinyKernel.write(folder, TinyKernel.exit(0x10));
        assertRefused("there is no strategy best, but auto, ", "explore", kernel, "--strategy", "best");
        assertRefused("--jobs 1 to 256", "explore", kernel, "--jobs", "0");
        assertRefused("--budget must be 1 at least", "explore", kernel, "--budget", "0");
        assertRefused("--from: the run without interrupts does not come to nowhere", "explore", kernel, "--from", "nowhere");
        assertRefused("no symbol nowhere", "explore", kernel, "--to", "symbol:nowhere");
        assertRefused("text: is no exploration of Trapframe", "explore", kernel, "--state", file("text", new byte[] {65}));
        assertRefused("state: no such file or folder", "explore", kernel, "--state", folder.resolve("nowhere").resolve("state").toString());
        assertRefused("ends at position", "explore", kernel, "--to", "999999999999");
        assertRefused("--to: the run without interrupts does not come to late", "explore", kernel, "--to", "late", "--until", "early");
        assertRefused("--follow", "explore", kernel, "--follow", "soon");
        assertRefused("--check compares two searches", "explore", kernel, "--check", "--out", folder.resolve("findings").toString());
        assertRefused("--check compares the strategies footprint and exhaustive, and not pairs", "explore", kernel, "--check", "--strategy", "pairs");
        assertRefused("--check compares two searches", "explore", kernel, "--check", "--state", folder.resolve("state").toString());
    }

    @Test
    void aFolderAsImage() {
        assertRefused("is a directory", "boot", folder.toString());
    }

    @Test
    void anEmptyImage() throws Exception {
        assertRefused("empty.elf: is empty", "boot", file("empty.elf", new byte[0]));
    }

    @Test
    void aTextAsImage() throws Exception {
        assertRefused("readme.txt: ", "boot", file("readme.txt", "Not a kernel.\n".getBytes(StandardCharsets.US_ASCII)));
    }

    @Test
    void anElfForAnotherMachine() throws Exception {
        ByteBuffer elf = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
        elf.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16);
        elf.putShort((short) 2).putShort(EM_AARCH64).putInt(1);
        elf.putShort(52, (short) 64);

        assertRefused("machine", "boot", file("arm.elf", elf.array()));
    }

    @Test
    void aTruncatedBzImage() throws Exception {
        ByteBuffer image = ByteBuffer.allocate(2048).order(ByteOrder.LITTLE_ENDIAN);
        image.put(0x1f1, (byte) 27).putShort(0x1fe, (short) 0xaa55).put(0x200, (byte) 0xeb).put(0x201, (byte) 0x6a);
        image.put(0x202, "HdrS".getBytes(StandardCharsets.US_ASCII)).putShort(0x206, (short) 0x20f);
        image.put(0x211, (byte) 1).putInt(0x1f4, 0x1000);

        assertRefused("is truncated", "boot", file("vmlinuz", image.array()));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "--memory|1|--memory must be 1M to 3G",
            "--memory|4G|--memory must be 1M to 3G",
            "--memory|2000001|in whole pages of 4096 bytes",
            "--memory|much|'much' is not a size like 256M",
            "--cpus|0|--cpus must be 1 to 16, not 0",
            "--cpus|17|--cpus must be 1 to 16, not 17",
            "--cpus|two|'two' is not an int",
            "--turn|0us|--turn must be 1ns at least",
            "--turn|5|'5' is not a virtual time like 1us or 10s",
            "--limit|0s|'0s' is no limit",
            "--limit|10x|'10x' is not a virtual time like 10s",
            "--timer-phase|-1|'-1' is not a number of positions like 5000 or 5M",
            "--timer-phase|soon|'soon' is not a number of positions",
            "--timer-phase|1.5|'1.5' is not a whole number",
            "--timer-phase|2T|--timer-phase must be 0 to 1000000000000, not 2000000000000",
            "--success-code|0x100|'0x100' is not a byte like 0x10",
            "--until|''|need a text that is not empty",
            "--bogus|1|unknown option",
            "--json|two|unmatched argument"})
    void anOptionThatIsWrong(String option, String value, String complaint) throws Exception {
        String image = file("empty.elf", new byte[0]);

        assertRefused(complaint, "boot", image, option, value);
    }

    @Test
    void aDriveThatIsNotThereOrCannotBeOne() throws Exception {
        String image = TinyKernel.write(folder, TinyKernel.HALT);
        String console = folder.resolve("console").toString();
        assertRefused("missing.img: no such file", "boot", image, "--console", console, "--drive", folder.resolve("missing.img").toString());
        assertRefused("is a directory", "boot", image, "--console", console, "--drive", folder + ",readonly");
        assertRefused("odd.img: has 513 bytes, which is no whole number of sectors of 512", "boot", image, "--console", console, "--drive",
                file("odd.img", new byte[513]));
        assertRefused("none.img: is empty", "boot", image, "--console", console, "--drive", file("none.img", new byte[0]) + ",snapshot=on");
    }

    @Test
    void oneFileForTwoDrives() throws Exception {
        String disk = file("disk.img", new byte[4096]);
        Files.createSymbolicLink(folder.resolve("link.img"), Path.of(disk));

        assertRefused("link.img: is given to two drives", "boot", TinyKernel.write(folder, TinyKernel.HALT), "--drive", disk + ",readonly", "--drive",
                folder.resolve("link.img") + ",readonly");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            ",readnly|'readnly' is no option of a drive (readonly, snapshot=on, bus=pci, bus=mmio, bus=mmio-legacy)",
            ",bus=isa|'bus=isa' is no option of a drive",
            ",readonly,snapshot=on|has options that contradict each other",
            ",bus=pci,bus=mmio|has options that contradict each other"})
    void aDriveWithAWrongOption(String option, String complaint) throws Exception {
        assertRefused(complaint, "boot", TinyKernel.write(folder, TinyKernel.HALT), "--drive", file("disk.img", new byte[512]) + option);
    }

    @Test
    void aDriveWithoutAFile() throws Exception {
        assertRefused("names no file", "boot", TinyKernel.write(folder, TinyKernel.HALT), "--drive", ",readonly");
    }

    @Test
    void aFifthDriveOverMmio() throws Exception {
        List<String> arguments = new ArrayList<>(List.of("boot", TinyKernel.write(folder, TinyKernel.HALT)));
        for (int i = 0; i < 5; i++) {
            arguments.addAll(List.of("--drive", file("disk" + i + ".img", new byte[512]) + ",bus=mmio"));
        }
        assertRefused("--drive can be given 29 times for bus=pci and 4 times for bus=mmio", arguments.toArray(String[]::new));
    }

    @Test
    void anOptionWithoutItsValue() {
        assertRefused("missing required parameter for option '--memory'", "boot", "--memory");
    }

    @Test
    void anOptionGivenTwice() {
        assertRefused("'--memory'", "boot", "--memory", "1M", "--memory", "2M");
    }

    @Test
    void noCommand() {
        assertRefused("a command is needed (trapframe --help tells more)");
    }

    @Test
    void aCommandThatDoesNotExist() {
        assertRefused("'bot' (did you mean boot? trapframe --help tells more)", "bot");
    }

    @Test
    void theHelpOfEveryCommandHasAnExample() {
        for (String[] arguments : new String[][] {{"--help"}, {"boot", "--help"}, {"doctor", "--help"}}) {
            CapturedRun result = CapturedRun.of(arguments);

            assertThat(result.exitCode()).isZero();
            assertThat(result.errors()).isEmpty();
            assertThat(result.output()).contains("Example: trapframe ").doesNotContain("\u001b");
        }
    }

    private String file(String name, byte[] content) throws IOException {
        return Files.write(folder.resolve(name), content).toString();
    }

    private static void assertRefused(String complaint, String... arguments) {
        CapturedRun result = CapturedRun.of(arguments);

        assertThat(result.errors()).startsWith("trapframe: ").contains(complaint).endsWith("\n");
        assertThat(result.errors().lines()).hasSize(1);
        assertThat(result.output()).isEmpty();
        assertThat(result.exitCode()).isEqualTo(ExitCode.WRONG_USE);
    }
}
