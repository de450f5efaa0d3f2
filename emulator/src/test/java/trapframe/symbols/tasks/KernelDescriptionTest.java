package trapframe.symbols.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.symbols.SymbolsException;

class KernelDescriptionTest {
    private static final String LEAST = "task struct proc;tasks array procs;state state";

    private static KernelDescription parse(String lines) {
        return KernelDescription.of("kernel.tasks", lines.replace(';', '\n'));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sprout.tasks", "xv6.tasks"})
    void thoseThatAreShippedCanBeRead(String file) {
        assertThat(KernelDescription.shipped(file).needs()).isNotEmpty();
    }

    @Test
    void commentsAndBlanksDoNotCount() {
        assertThat(parse("# a kernel;;  task   struct proc # its structure;\ttasks array procs ;state state").table())
                .isEqualTo(parse(LEAST).table()).isEqualTo(new TaskTable.Array("procs", java.util.OptionalLong.empty()));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        LEAST + ";colour red|line 4: \"colour\" is no keyword",
        LEAST + ";id|line 4: nothing follows \"id\"",
        LEAST + ";state other|line 4: there is a line \"state\" already",
        LEAST + ";id a b|line 4: one member follows \"id\"",
        LEAST + ";id 5x|line 4: \"5x\" is no member",
        LEAST + ";context sp as rax|line 4: rip is not among the registers",
        LEAST + ";context sp as rip xyz|line 4: \"xyz\" is no register (\"-\" is a word that holds none)",
        LEAST + ";context sp rip|line 4: a member follows \"context\", and then nothing, or \"as\" and registers",
        LEAST + ";free A;ready A|line 5: the state A has a meaning already",
        LEAST + ";states x=A|line 4: \"x\" is no number from 0 to 9223372036854775807",
        LEAST + ";states 1|line 4: \"1\" is not VALUE=NAME",
        LEAST + ";waits A on x|line 4: states follow \"waits\", and then: in MEMBER [named MEMBER], until MEMBER, task MEMBER or exit MEMBER",
        LEAST + ";waits A task x named y|line 4: states follow \"waits\", and then: in MEMBER [named MEMBER], until MEMBER, task MEMBER or exit MEMBER",
        LEAST + ";size 8;member a 0 u64|line 1: either the debug information has the structure, or \"member\" lays it out",
        "tasks array x;state a;size 8;member a 4 u64|line 4: the member ends behind the structure, which has 8 bytes",
        "tasks array x;state a;size 8;member a 0 u65|line 4: a member's type is u8, u16, u32, u64, pointer, string or char[N], not u65",
        "tasks array x;state a;size 8;member a 0|line 4: a member has a name, an offset and a type",
        "tasks array x;state a;size -1;member a 0 u8|line 3: \"-1\" is no number from 0 to 1048576",
        "task t;tasks heap x;state a|line 2: tasks are in an \"array\", in an array of \"pointers\" or in a \"list\"",
        "task t;tasks list x;state a|line 2: a list needs \"next\" and a member",
        "task t;tasks array;state a|line 2: there is no expression that says where the tasks are",
        "task t;tasks array x count many;state a|line 2: \"many\" is no number from 0 to 100000",
        "task t;tasks array x|there is no line \"state\"",
        "task t;state a|there is no line \"tasks\"",
        "tasks array x;state a|there is no line \"task\""})
    void whatDoesNotFollowTheFormatIsSaidWithItsLine(String lines, String message) {
        assertThatThrownBy(() -> parse(lines)).isInstanceOf(SymbolsException.class).hasMessage("kernel.tasks: " + message);
    }

    @Test
    void aFileThatIsNotThereIsSaidSo() {
        assertThatThrownBy(() -> KernelDescription.read(Path.of("nothing.tasks"))).isInstanceOf(SymbolsException.class)
                .hasMessage("nothing.tasks: no such file");
        assertThatThrownBy(() -> KernelDescription.read(Path.of("."))).isInstanceOf(SymbolsException.class)
                .hasMessage(".: is not a small text file");
    }

    @Provide
    Arbitrary<String> anything() {
        Arbitrary<String> words = Arbitraries.of("kernel", "needs", "task", "tasks", "array", "list", "pointers", "next", "in", "count", "size", "member",
                "current", "id", "name", "state", "context", "as", "rip", "states", "1=A", "free", "waits", "until", "exit", "named", "A", "b.c", "0", "-1",
                "u64", "char[9]", "#", "\n", "\n", "\n", "\u0000", "\u00e9\"");
        return words.list().ofMaxSize(60).map(list -> String.join(" ", list));
    }

    @Property(tries = 3000)
    void anyTextIsADescriptionOrRefusedInOneLine(@ForAll("anything") String text) {
        try {
            KernelDescription.of("kernel.tasks", text);
        } catch (SymbolsException e) {
            assertThat(List.of(e.getMessage().split("\n", -1))).hasSize(1);
        }
    }
}
