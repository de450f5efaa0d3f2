package trapframe.symbols;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SymbolTableTest {
    private static final String MAP = """
            0000000000000000 A nothing
            0000000000001234 a a_number
            ffffffff81000000 T _text
            ffffffff81000000 T startup_64
            ffffffff81000040 t local_function
            ffffffff81000080 T global_function\t[module]
            ffffffff81000080 t alias
            ffffffff82000000 D data
            ffffffff82000010 b _bss
            ffffffff82000010 d twice
            ffffffff82000020 d twice
                             U undefined
            ffffffff83000000 B _end
            """;

    private static KernelSymbols map(String text) {
        return KernelSymbols.of("System.map", text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @ParameterizedTest
    @MethodSource("trapframe.symbols.SampleProgram#all")
    void symbolsAreThoseThatNmLists(SampleProgram program) {
        HostTools.need("nm");
        KernelSymbols symbols = program.symbols();
        List<String> expected = new ArrayList<>();
        List<String> found = new ArrayList<>();
        for (String line : HostTools.run("nm", "-S", program.file().toString()).lines().toList()) {
            String[] words = line.split(" ");
            String name = words[words.length - 1];
            long address = Long.parseUnsignedLong(words[0], 16);
            expected.add(name + " " + address);
            symbols.symbols(name).stream().filter(symbol -> symbol.address() == address).forEach(symbol -> found.add(name + " " + address));
            if (words.length == 4) {
                long last = address + Long.parseUnsignedLong(words[1], 16) - 1;
                assertThat(symbols.symbolAt(last)).map(Symbol::name).as(line).hasValue(name);
                assertThat(symbols.symbolAt(address)).map(Symbol::name).as(line).hasValue(name);
                assertThat(symbols.describe(last)).hasValue(last == address ? name : name + "+0x" + Long.toHexString(last - address));
            }
        }
        assertThat(found).isEqualTo(expected).hasSizeGreaterThan(10);
        assertThat(symbols.hasDebugInformation()).isTrue();
        assertThat(symbols.isCode(symbols.address("compute").orElseThrow())).isTrue();
        assertThat(symbols.isCode(symbols.address("shape").orElseThrow())).isFalse();
    }

    @Test
    void theSameNamesAreFoundInAListMadeByNm() {
        HostTools.need("nm");
        KernelSymbols symbols = SampleProgram.plain().symbols();
        KernelSymbols map = map(HostTools.run("nm", "-n", SampleProgram.plain().file().toString()));

        for (String name : List.of("compute", "leaf", "_start", "shape", "global", "packed")) {
            long address = symbols.address(name).orElseThrow();
            assertThat(map.address(name)).hasValue(address);
            assertThat(map.describe(address + 1)).hasValue(name + "+0x1");
            assertThat(map.isCode(address)).isEqualTo(symbols.isCode(address));
        }
    }

    @ParameterizedTest
    @CsvSource({"ffffffff81000000, startup_64", "ffffffff8100003f, startup_64+0x3f", "ffffffff81000040, local_function",
        "ffffffff81000080, global_function", "ffffffff81ffffff, global_function+0xffff7f", "ffffffff82000000, data", "ffffffff83000000, _end",
        "ffffffff83000001, ", "ffffffff80ffffff, ", "1234, a_number", "1235, ", "0, nothing", "ffffffffffffffff, "})
    void anAddressOfASystemMapBelongsToTheSymbolBeforeIt(String address, String expected) {
        assertThat(map(MAP).describe(Long.parseUnsignedLong(address, 16))).isEqualTo(Optional.ofNullable(expected));
    }

    @Test
    void aSystemMapHasNamesAndNothingElse() {
        KernelSymbols symbols = map(MAP);

        assertThat(symbols.address("global_function")).hasValue(0xffff_ffff_8100_0080L);
        assertThat(symbols.symbols("twice")).map(Symbol::address).containsExactly(0xffff_ffff_8200_0010L, 0xffff_ffff_8200_0020L);
        assertThat(symbols.address("undefined")).isEmpty();
        assertThat(symbols.lineAt(0xffff_ffff_8100_0041L)).containsExactly(new SourceFrame("local_function", Optional.empty(), false));
        assertThat(symbols.lineAt(0x8000)).isEmpty();
        assertThat(symbols.hasDebugInformation()).isFalse();
        assertThat(symbols.type("struct task")).isEmpty();
        assertThat(symbols.addressesOfLine("main.c", 1)).isEmpty();
        assertThatThrownBy(() -> symbols.value("data", (address, length) -> new byte[length])).isInstanceOf(SymbolsException.class)
                .hasMessageContaining("data has a type that is not known");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "hello", "ffffffff81000000 T", "ffffffff81000000 T a\nffffffff8100000g T b\n", "ffffffff81000000 T a\nnothing\n",
        "ffffffff81000000 T a\n12345678901234567 T b\n", "\u007fELF", "\u007fELF\u0002\u0001\u0001", "#!/bin/sh\n"})
    void otherFilesAreRefusedInOneLine(String content) {
        assertThatThrownBy(() -> map(content)).isInstanceOf(SymbolsException.class).message().startsWith("System.map: ").doesNotContain("\n");
    }

    @Test
    void aMissingFileAndAFolderAreRefusedInOneLine() {
        assertThatThrownBy(() -> KernelSymbols.open(Path.of("no", "such\nfile"))).isInstanceOf(SymbolsException.class)
                .hasMessage("no/such?file: no such file");
        assertThatThrownBy(() -> KernelSymbols.open(Path.of("."))).isInstanceOf(SymbolsException.class).hasMessage(".: is a directory");
    }

    @Test
    void objectFilesOtherMachinesAndStrangeHeadersAreRefused() {
        byte[] good = SampleProgram.plain().bytes();

        assertThat(messageOf(good, 16, 1)).contains("is an object file");
        assertThat(messageOf(good, 18, 183)).contains("for another machine: number 183");
        assertThat(messageOf(good, 5, 2)).contains("for another machine");
        assertThat(messageOf(good, 4, 9)).contains("unknown class 9");
        assertThat(messageOf(good, 58, 1)).contains("section headers of 1 bytes");
        assertThat(messageOf(good, 47, 0x7f)).contains("truncated or damaged");
        assertThatThrownBy(() -> KernelSymbols.of("short", Arrays.copyOf(good, 50))).isInstanceOf(SymbolsException.class);
    }

    private static String messageOf(byte[] good, int at, int value) {
        byte[] bad = good.clone();
        bad[at] = (byte) value;
        try {
            KernelSymbols.of("kernel", bad);
            return "no exception";
        } catch (SymbolsException e) {
            return e.getMessage();
        }
    }
}
