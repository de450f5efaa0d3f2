package trapframe.symbols;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Types and values read by them, beside gdb. */
class TypesTest {
    private static final Pattern MEMBER = Pattern.compile("/\\* +(\\d+)(?:: (\\d+))? +\\| +(\\d+) \\*/ +(.*);");

    /** What can be asked of either in the same words. */
    private static final List<String> EXPRESSIONS = List.of(
            "global", "words", "words[2]", "big", "long_long", "bytes", "bytes[2][1]", "packed.second", "packed.a", "packed.b", "packed.c",
            "packed.third", "packed_pointer->third", "packed_pointer->b", "*packed_pointer", "shape.colour", "shape.visible", "shape.offset",
            "shape.wide", "shape.level", "shape.width", "shape.height", "shape.name", "shape.name[1]", "shape.matrix", "shape.matrix[1][2]",
            "shape.lists[1]", "shape.lists[1].next->text", "lists[0].next->text", "shape.lists[0].text[0]", "*shape.secret",
            "shape.secret->shape->secret->depth", "shape.counter", "shape.limit", "shape.where", "shape.flag", "shape.byte", "shape.ratio",
            "shape.table", "shape.anything", "greeting", "shape.run", "leaf::calls", "other::calls", "'main.c'::same_name",
            "'other.c'::same_name", "hidden", "((struct packed *) packed_pointer)->a", "lists[bytes[0][0]]", "*(*lists[0].next).text");

    static Stream<SampleProgram> programs() {
        return Stream.concat(SampleProgram.all(), SampleProgram.sameCodeInOtherForms().map(pair -> (SampleProgram) pair.get()[1])).distinct();
    }

    private static List<String> gdb(SampleProgram program, List<String> commands) {
        HostTools.need("gdb");
        List<String> command = new ArrayList<>(List.of("gdb", "-nx", "-batch", "-ex", "set print null-stop on", "-ex", "set width 0"));
        for (String each : commands) {
            command.addAll(List.of("-ex", each));
        }
        command.add(program.file().toString());
        return HostTools.run(command).lines().toList();
    }

    @ParameterizedTest
    @MethodSource("programs")
    void membersLieWhereGdbSays(SampleProgram program) {
        Map<String, String> expected = new TreeMap<>();
        Map<String, String> found = new TreeMap<>();
        List<String> structs = List.of("struct shape", "struct packed", "struct hidden", "struct list");
        String struct = "";
        for (String line : gdb(program, structs.stream().flatMap(each -> Stream.of("echo " + each + "\\n", "ptype /o " + each,
                "print sizeof(" + each + ")")).toList())) {
            Matcher m = MEMBER.matcher(line);
            if (structs.contains(line)) {
                struct = line + ".";
            } else if (line.startsWith("$")) {
                expected.put(struct, line.replaceFirst(".* ", ""));
            } else if (m.matches()) {
                String name = m.group(4).replaceFirst(" : \\d+$", "").replaceFirst(".*\\(\\*(\\w+)\\).*", "$1")
                        .replaceAll("\\[\\d*\\]", "").replaceFirst(".*[ *](\\w+)$", "$1");
                expected.put(struct + name, m.group(1) + " " + (m.group(2) == null ? 0 : m.group(2)) + " " + m.group(3));
            }
        }
        for (String name : structs) {
            Type.Struct type = (Type.Struct) program.symbols().type(name).orElseThrow();
            found.put(name + ".", Long.toString(type.size()));
            collect(name + ".", type, 0, found);
        }
        // Of the first member of a union gdb says no offset.
        assertThat(found.remove("struct shape.radius")).isEqualTo("16 0 8");
        assertThat(found).isEqualTo(expected).hasSizeGreaterThan(30);
    }

    private static void collect(String prefix, Type.Struct struct, long start, Map<String, String> into) {
        for (Type.Member member : struct.members()) {
            if (member.name().isPresent()) {
                into.put(prefix + member.name().get(), start + member.offset() + " " + member.bitOffset() + " " + member.type().get().size());
            } else {
                collect(prefix, (Type.Struct) member.type().get().plain(), start + member.offset(), into);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("programs")
    void valuesAreThoseThatGdbPrints(SampleProgram program) {
        KernelSymbols symbols = program.symbols();
        MemoryView memory = new ElfMemory(program.file(), program.bytes());
        // With units of types gdb 13 takes the variable of the other file.
        List<String> expressions = EXPRESSIONS.stream()
                .filter(each -> !each.equals("'main.c'::same_name") || !program.options().contains("-fdebug-types-section")).toList();
        List<String> expected = gdb(program, expressions.stream().map(each -> "print " + each).toList()).stream()
                .map(line -> line.replaceFirst("^\\$\\d+ = ", "").replaceFirst("^\\((.* \\*.*|operation|word .*|int .*)\\) (?=0x)", "")).toList();

        assertThat(symbols.value("'main.c'::same_name", memory).number()).isEqualTo(17);
        assertThat(expressions.stream().map(each -> symbols.value(each, memory).toString()).toList())
                .isEqualTo(expected.stream().map(TypesTest::withoutUnprintableCharacters).toList());
    }

    /** gdb shows every character also as one. */
    private static String withoutUnprintableCharacters(String text) {
        return text.replaceAll(" '\\\\[^']+'", "");
    }

    @ParameterizedTest
    @MethodSource("trapframe.symbols.SampleProgram#all")
    void typesAreWrittenAsGdbWritesThem(SampleProgram program) {
        KernelSymbols symbols = program.symbols();
        MemoryView memory = new ElfMemory(program.file(), program.bytes());
        List<String> expressions = List.of("shape.where", "shape.table", "shape.matrix", "shape.name", "shape.lists", "shape.lists[0].text",
                "shape.secret", "shape.anything", "shape.limit", "shape.run", "*shape.run", "shape.colour", "shape.precise", "words", "greeting",
                "bytes", "shape.tail");

        assertThat(expressions.stream().map(each -> "type = " + symbols.value(each, memory).type()).toList())
                .isEqualTo(gdb(program, expressions.stream().map(each -> "whatis " + each).toList()).stream()
                        .map(TypesTest::asWritten).toList());
    }

    private static String asWritten(String type) {
        return type.replace("* const", "*const").replace("* restrict", "*restrict");
    }

    @ParameterizedTest
    @MethodSource("trapframe.symbols.SampleProgram#all")
    void whatCannotBeSaidIsSaidInOneLine(SampleProgram program) {
        KernelSymbols symbols = program.symbols();
        MemoryView memory = new ElfMemory(program.file(), program.bytes());

        for (String expression : new String[] {"nothing", "shape.nothing", "global.x", "global[1]", "*global", "shape.", "shape..colour", "words[",
            "words[1", "words[one]", "(words", "words)", "'main.c", "", "same_name", "*shape.anything->x", "(struct nothing *) 0x1000",
            "(global) 5", "1", "*shape.where->next", "**shape.where", "words[99999999999999999999]", "\u0001\n", "(".repeat(900)}) {
            assertThatThrownBy(() -> symbols.value(expression, memory).toString()).as(expression).isInstanceOf(SymbolsException.class)
                    .message().doesNotContain("\n");
        }
    }
}
