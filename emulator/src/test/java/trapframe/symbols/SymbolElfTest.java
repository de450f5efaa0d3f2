package trapframe.symbols;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names as an ELF file, beside the tools that read such files. */
class SymbolElfTest {
    private static final String MAP = """
            0000000000000000 A fixed_percpu_data
            ffffffff81000000 T _text
            ffffffff81000000 T startup_64
            ffffffff81000040 t local.cold
            ffffffff81234567 W weak
            ffffffff82000000 R table
            ffffffff82000010 d counter
            ffffffff82c00000 T in_init_text
            ffffffff82c00100 B __bss_start
            ffffffffffe00000 T at_the_end
            """;

    @TempDir
    Path folder;

    private Path write(KernelSymbols symbols) throws IOException {
        return Files.write(folder.resolve("symbols.elf"), symbols.asElf());
    }

    @Test
    void nmAndReadelfReadTheNamesThatAreInTheMap() throws IOException {
        HostTools.need("nm", "readelf");
        Path elf = write(KernelSymbols.of("System.map", MAP.getBytes(StandardCharsets.US_ASCII)));

        assertThat(HostTools.run("readelf", "-SsW", elf.toString())).doesNotContain("Warning", "Error");
        assertThat(HostTools.run("nm", "-n", elf.toString()).lines().map(line -> line.substring(0, 16) + line.substring(18)).sorted().toList())
                .isEqualTo(MAP.lines().map(line -> line.substring(0, 16) + line.substring(18)).sorted().toList());
        assertThat(HostTools.run("nm", "-n", elf.toString())).contains(" T startup_64", " t local.cold", " T in_init_text");
    }

    @Test
    void whatIsWrittenIsReadTheSame() throws IOException {
        KernelSymbols map = KernelSymbols.of("System.map", MAP.getBytes(StandardCharsets.US_ASCII));
        KernelSymbols elf = KernelSymbols.open(write(map));

        for (String line : MAP.lines().toList()) {
            assertThat(elf.address(line.substring(19))).isEqualTo(map.address(line.substring(19)));
        }
        assertThat(elf.describe(0xffffffff81000044L)).hasValue("local.cold+0x4");
        assertThat(elf.isCode(0xffffffff81100000L)).isTrue();
        assertThat(elf.isCode(0xffffffff82000014L)).isFalse();
    }

    @Test
    void gdbKnowsCodeFromData() throws IOException {
        HostTools.need("gdb");
        Path elf = write(KernelSymbols.of("System.map", MAP.getBytes(StandardCharsets.US_ASCII)));
        String output = HostTools.run(List.of("gdb", "-nx", "-batch", "-ex", "break weak", "-ex", "info symbol 0xffffffff8123456a", "-ex", "x/i in_init_text",
                "-ex", "print &counter", elf.toString()));

        assertThat(output).contains("Breakpoint 1 at 0xffffffff81234567", "weak + 3 in section .text", "int3", "<data variable, no debug info> *) 0xffffffff82000010");
    }

    /** More kinds in a row than an ELF file has sections. */
    @Test
    void soManyStretchesThatSectionsDoNotSufficeAreStillNames() throws IOException {
        HostTools.need("nm");
        StringBuilder map = new StringBuilder();
        for (int i = 0; i < 70_000; i++) {
            map.append(String.format("%016x %s name%d%n", 0xffffffff81000000L + i * 16L, i % 2 == 0 ? "T" : "D", i));
        }
        Path elf = write(KernelSymbols.of("System.map", map.toString().getBytes(StandardCharsets.US_ASCII)));

        assertThat(new TreeSet<>(HostTools.run("nm", elf.toString()).lines().map(line -> line.substring(0, 16) + line.substring(18)).toList())).hasSize(70_000);
    }
}
