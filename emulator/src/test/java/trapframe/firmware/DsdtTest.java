package trapframe.firmware;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trapframe.device.pci.PciFirmware;
import trapframe.device.pci.PciInterruptWires;

/** The tables read and executed by ACPICA's tools, whose code is also the interpreter of most kernels. */
class DsdtTest {
    private static final Platform PLATFORM = new Platform(64 << 20, 3, 0, 0,
            List.of(new PlatformDevice("LNRO0005", 7, 0xfe00_1000L, 0x200, 21)));
    private static final int HEADER = 36;
    private static final Pattern INTEGER = Pattern.compile("\\[Integer] = ([0-9A-F]+)");

    @TempDir
    Path folder;

    /** Runs a program of the package in the folder and returns what it printed; skips the test where it is not installed. */
    private String run(String input, String program, String... arguments) throws IOException, InterruptedException {
        boolean installed = Stream.of(System.getenv("PATH").split(":")).anyMatch(path -> Files.isExecutable(Path.of(path, program)));
        Assumptions.assumeTrue(installed, program + " is not installed (package acpica-tools)");
        Path output = folder.resolve("output");
        Path commands = Files.writeString(folder.resolve("input"), input);
        int status = new ProcessBuilder(Stream.concat(Stream.of(program), Stream.of(arguments)).toList())
                .directory(folder.toFile()).redirectErrorStream(true).redirectInput(commands.toFile())
                .redirectOutput(output.toFile()).start().waitFor();
        String text = Files.readString(output);
        assertThat(status).as(text).isZero();
        return text;
    }

    @Test
    void theDsdtDisassemblesAndCompilesToTheSameBytes() throws IOException, InterruptedException {
        byte[] dsdt = AcpiTables.dsdt(PLATFORM);
        Files.write(folder.resolve("dsdt.aml"), dsdt);
        run("", "iasl", "-d", "dsdt.aml");
        assertThat(Files.readString(folder.resolve("dsdt.dsl"))).contains(
                "DefinitionBlock (\"\", \"DSDT\", 2, \"TRAPFR\", \"TRAPFRAM\", 0x00000001)", "Name (\\_S5, Package (0x04)",
                "EisaId (\"PNP0A03\")", "EisaId (\"PNP0501\")", "EisaId (\"PNP0B00\")", "EisaId (\"PNP0C0C\")",
                "EisaId (\"PNP0103\")", "\"ACPI0007\"", "\"LNRO0005\"", "Device (CP02)");

        assertThat(run("", "iasl", "-oa", "-p", "again", "dsdt.dsl")).contains("0 Errors, 0 Warnings");

        byte[] again = Files.readAllBytes(folder.resolve("again.aml"));
        assertThat(Arrays.copyOfRange(again, HEADER, again.length)).isEqualTo(Arrays.copyOfRange(dsdt, HEADER, dsdt.length));
    }

    @Test
    void theOtherTablesHaveTheFieldsThatTheirDisassemblerExpects() throws IOException, InterruptedException {
        List<byte[]> tables = List.of(AcpiTables.fadt(0xf_0000, 0xf_1000), AcpiTables.facs(), AcpiTables.madt(PLATFORM),
                AcpiTables.hpet(), AcpiTables.rsdt(List.of(0xf_0000L)), AcpiTables.xsdt(List.of(0xf_0000L)));
        for (byte[] table : tables) {
            Files.write(folder.resolve("table.bin"), table);
            run("", "iasl", "-d", "table.bin");
            assertThat(Files.readString(folder.resolve("table.dsl"))).doesNotContain("Invalid", "Unknown", "Unrecognized")
                    .contains("[" + new String(table, 0, 4, java.nio.charset.StandardCharsets.US_ASCII) + "]");
        }
    }

    @Test
    void interruptRoutesFollowWhatTheKernelSaidByPic() throws IOException, InterruptedException {
        Files.write(folder.resolve("dsdt.aml"), AcpiTables.dsdt(PLATFORM));
        List<Long> expected = new ArrayList<>();
        for (boolean apic : new boolean[] {false, true}) {
            for (int device = 0; device < 32; device++) {
                for (int pin = 1; pin <= 4; pin++) {
                    expected.addAll(List.of(device << 16 | 0xffffL, pin - 1L, 0L,
                            (long) (apic ? 16 + PciInterruptWires.wireOf(device, pin) : PciFirmware.irqOf(device, pin))));
                }
            }
        }

        String routes = run("""
                evaluate \\_PIC 0
                evaluate \\_SB.PCI0._PRT
                evaluate \\_PIC 1
                evaluate \\_SB.PCI0._PRT
                quit
                """, "acpiexec", "dsdt.aml");

        assertThat(INTEGER.matcher(routes).results().map(result -> Long.parseLong(result.group(1), 16)).toList())
                .isEqualTo(expected);
    }
}
