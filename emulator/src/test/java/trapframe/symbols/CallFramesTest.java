package trapframe.symbols;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Call frame information, beside readelf, which prints a row for each address at which something changes. */
class CallFramesTest {
    /** Has signal frames, personality routines and expressions. */
    private static final Path LIBRARY = Path.of("/lib/x86_64-linux-gnu/libc.so.6");

    static Stream<SampleProgram> programs() {
        return Stream.of(SampleProgram.all(), SampleProgram.withoutWhatIsNotUsed(),
                SampleProgram.sameCodeInOtherForms().map(pair -> (SampleProgram) pair.get()[1])).flatMap(all -> all).distinct();
    }

    @ParameterizedTest
    @MethodSource("programs")
    void everyRowIsTheOneThatReadelfPrints(SampleProgram program) {
        HostTools.need("readelf");

        assertThat(compare(program.file(), program.symbols())).isGreaterThan(10);
    }

    @Test
    void theRowsOfALargeLibraryAreTheOnesThatReadelfPrints() {
        HostTools.need("readelf");
        assumeTrue(Files.exists(LIBRARY), LIBRARY + " is not there");

        assertThat(compare(LIBRARY, KernelSymbols.open(LIBRARY))).isGreaterThan(10_000);
    }

    /** Returns how many rows were compared. */
    private static int compare(Path file, KernelSymbols symbols) {
        List<String> different = new ArrayList<>();
        List<String> columns = List.of();
        boolean isSignalFrame = false;
        int rows = 0;
        long end = 0;
        for (String line : HostTools.run("readelf", "-wN", "-wF", file.toString()).lines().toList()) {
            List<String> words = Arrays.asList(line.strip().split("\\s+"));
            if (line.contains(" FDE ")) {
                end = Long.parseUnsignedLong(line.replaceFirst(".*pc=[0-9a-f]+\\.\\.", ""), 16);
            } else if (words.getFirst().equals("LOC")) {
                columns = words;
            } else if (words.getFirst().matches("[0-9a-f]{16}") && words.size() == columns.size() && end != 0) {
                long address = Long.parseUnsignedLong(words.getFirst(), 16);
                String found = describe(symbols, address, columns);
                if (!found.equals(String.join(" ", words))) {
                    different.add(found + ", not " + String.join(" ", words));
                }
                rows++;
            } else if (line.contains(" CIE ")) {
                end = 0;
            }
        }
        assertThat(different).isEmpty();
        return rows;
    }

    private static String describe(KernelSymbols symbols, long address, List<String> columns) {
        CallFrames.Found found = symbols.callFrameRow(address);
        if (found == null) {
            return "nothing for " + Long.toHexString(address);
        }
        CallFrameRow row = found.row();
        List<String> words = new ArrayList<>(List.of(String.format("%016x", address),
                row.cfaExpression != null ? "exp" : String.format("%s%+d", FrameRegisters.name(row.cfaRegister), row.cfaOffset)));
        for (String column : columns.subList(2, columns.size())) {
            int register = column.equals("ra") ? FrameRegisters.RIP : number(column);
            words.add(switch (row.rule(register)) {
                case CallFrameRow.Rule.Unspecified _, CallFrameRow.Rule.Undefined _ -> "u";
                case CallFrameRow.Rule.SameValue _ -> "s";
                case CallFrameRow.Rule.Offset at -> String.format("c%+d", at.offset());
                case CallFrameRow.Rule.ValueOffset at -> String.format("v%+d", at.offset());
                case CallFrameRow.Rule.Register other -> FrameRegisters.name(other.number());
                case CallFrameRow.Rule.AtExpression _ -> "exp";
                case CallFrameRow.Rule.ValueExpression _ -> "vexp";
            });
        }
        return String.join(" ", words);
    }

    private static int number(String name) {
        for (int i = 0; i < FrameRegisters.COUNT; i++) {
            if (FrameRegisters.name(i).equals(name)) {
                return i;
            }
        }
        throw new AssertionError("no register " + name);
    }
}
