package trapframe.symbols;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Source lines and inlined functions, beside addr2line and gdb. */
class SourceLinesTest {
    private static final Pattern INFO_LINE =
            Pattern.compile("Line (\\d+) of \"([^\"]*)\" starts at address 0x([0-9a-f]+) .*");

    /** Version 2.40 of binutils does not find inlined functions where clang writes DWARF 5, nor where types have units of their own. */
    static Stream<SampleProgram> programsThatAddr2lineUnderstands() {
        return Stream.concat(SampleProgram.all().filter(program -> !program.equals(new SampleProgram("clang", List.of("-O2", "-gdwarf-5")))),
                SampleProgram.withoutWhatIsNotUsed());
    }

    @ParameterizedTest
    @MethodSource("programsThatAddr2lineUnderstands")
    void everyAddressHasTheLinesAndInlinedFunctionsThatAddr2lineNames(SampleProgram program) {
        HostTools.need("addr2line", "nm");
        KernelSymbols symbols = program.symbols();
        List<Long> addresses = codeAddresses(program.file());

        List<String> expected = addr2line(program.file(), addresses);

        assertThat(addresses).hasSizeGreaterThan(200);
        assertThat(differences(addresses, symbols, expected)).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("trapframe.symbols.SampleProgram#sameCodeInOtherForms")
    void theSameCodeHasTheSameLinesInEveryFormOfDebugInformation(SampleProgram usual, SampleProgram unusual) {
        HostTools.need("nm");
        KernelSymbols symbols = usual.symbols();
        List<Long> addresses = codeAddresses(usual.file());

        assertThat(codeAddresses(unusual.file())).isEqualTo(addresses);
        assertThat(differences(addresses, unusual.symbols(), addresses.stream().map(address -> describe(symbols, address)).toList())).isEmpty();
    }

    private static List<String> differences(List<Long> addresses, KernelSymbols symbols, List<String> expected) {
        List<String> different = new ArrayList<>();
        for (int i = 0; i < addresses.size(); i++) {
            String found = describe(symbols, addresses.get(i));
            if (!found.equals(expected.get(i))) {
                different.add(Long.toHexString(addresses.get(i)) + ": " + found + ", not " + expected.get(i));
            }
        }
        return different;
    }

    /** Each address of a function; between them is what makes the next one begin at a round address. */
    static List<Long> codeAddresses(Path file) {
        return HostTools.run("nm", "-S", file.toString()).lines().map(line -> line.split(" ")).filter(words -> words.length == 4)
                .filter(words -> words[2].equalsIgnoreCase("t")).sorted(Comparator.comparing(words -> words[0]))
                .flatMapToLong(words -> LongStream.range(Long.parseUnsignedLong(words[0], 16),
                        Long.parseUnsignedLong(words[0], 16) + Long.parseUnsignedLong(words[1], 16))).boxed().toList();
    }

    /** For each address one line of text: "function at path:line" of each frame. */
    private static List<String> addr2line(Path file, List<Long> addresses) {
        String output = HostTools.run(List.of("addr2line", "-a", "-i", "-f", "-e", file.toString()),
                addresses.stream().map(Long::toHexString).collect(Collectors.joining("\n", "", "\n")));
        List<String> all = new ArrayList<>();
        List<String> frames = null;
        List<String> lines = output.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).startsWith("0x")) {
                if (frames != null) {
                    all.add(String.join(", ", frames));
                }
                frames = new ArrayList<>();
            } else {
                String place = lines.get(i + 1).replaceFirst(" \\(discriminator \\d+\\)", "");
                frames.add(lines.get(i) + " at " + SourcePaths.normal(place));
                i++;
            }
        }
        all.add(String.join(", ", frames));
        return all;
    }

    private static String describe(KernelSymbols symbols, long address) {
        List<SourceFrame> frames = symbols.lineAt(address);
        if (frames.isEmpty()) {
            return "?? at ??:0";
        }
        return frames.stream().map(frame -> (frame.function().equals("?") ? "??" : frame.function()) + " at "
                + frame.line().map(SourceLine::toString).orElse("??:0")).collect(Collectors.joining(", "));
    }

    @ParameterizedTest
    @MethodSource("trapframe.symbols.SampleProgram#all")
    void aLineIsFoundWhereGdbFindsIt(SampleProgram program) {
        HostTools.need("gdb");
        KernelSymbols symbols = program.symbols();
        List<String> command = new ArrayList<>(List.of("gdb", "-nx", "-batch"));
        for (String file : new String[] {"main.c", "other.c", "shapes.h"}) {
            for (int line = 1; line <= 90; line++) {
                command.addAll(List.of("-ex", "info line " + file + ":" + line));
            }
        }
        command.add(program.file().toString());
        int found = 0;
        for (String answer : HostTools.run(command).lines().toList()) {
            Matcher m = INFO_LINE.matcher(answer);
            if (m.matches()) {
                String file = Path.of(m.group(2)).getFileName().toString();
                long address = Long.parseUnsignedLong(m.group(3), 16);
                assertThat(symbols.addressesOfLine(file, Integer.parseInt(m.group(1)))).as(answer).contains(address);
                found++;
            }
        }
        assertThat(found).isGreaterThan(10);
    }
}
