package trapframe.tests.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trapframe.harness.Goal;
import trapframe.tests.timeline.SproutMachine;
import trapframe.tools.UserError;
import trapframe.tools.stages.Problem;
import trapframe.tools.stages.StagesFile;
import trapframe.tools.stages.Variant;

/** Files of stages as they are read. */
class StagesFileTest {
    static final Path SPROUT = SproutMachine.IMAGE;

    @TempDir
    private Path folder;

    private StagesFile.Read read(String text) throws IOException {
        return StagesFile.read(Files.writeString(folder.resolve("boot.toml"), text), SPROUT);
    }

    private List<String> problems(String text) throws IOException {
        StagesFile.Read read = read(text);
        assertThat(read.variants()).isEmpty();
        return read.problems().stream().map(Problem::toString).toList();
    }

    @Test
    void everyCombinationOfTheMatrixIsAVariantOfEachVariant() throws IOException {
        List<Variant> variants = read("""
                budget = "1s"
                [matrix]
                append = ["", "test=kthread"]
                cpus = [1, 2]
                [[variant]]
                name = "small"
                memory = "8M"
                [[variant]]
                name = "large"
                ends = 0x10
                [[stage]]
                name = "one"
                shows = "x"
                [[stage]]
                name = "two"
                symbol = "kernel_main"
                budget = "5ms"
                """).variants();

        assertThat(variants).extracting(Variant::name).containsExactly("small append=\"\" cpus=1", "small append=\"\" cpus=2",
                "small append=\"test=kthread\" cpus=1", "small append=\"test=kthread\" cpus=2", "large append=\"\" cpus=1", "large append=\"\" cpus=2",
                "large append=\"test=kthread\" cpus=1", "large append=\"test=kthread\" cpus=2");
        assertThat(variants.get(3).setup().machine().cpus()).isEqualTo(2);
        assertThat(variants.get(3).setup().machine().memoryBytes()).isEqualTo(8 << 20);
        assertThat(variants.get(3).setup().parameters().commandLine()).isEqualTo("test=kthread");
        assertThat(variants.get(3).end()).isEmpty();
        assertThat(variants.get(4).end()).hasValueSatisfying(end -> assertThat(end.code()).isEqualTo(0x10));
        assertThat(variants.get(0).stages()).extracting(stage -> stage.name() + " " + stage.budgetNanos()).containsExactly("one 1000000000", "two 5000000");
        assertThat(variants.get(0).stages().get(1).goal()).isInstanceOf(Goal.Executes.class);
    }

    /** Line 1 is the first. In the table a semicolon ends a line. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "memory = ;[[stage]]                                             | 1: Unexpected end of line",
        "[[stage]];name = `\"a\"`;shows = `\"x\"`;;memory = `\"64M\"`    | 5: unknown key memory",
        "cpus = 17;[[stage]];name = `\"a\"`;shows = `\"x\"`              | 1: cpus must be 1 to 16, not 17",
        "[[stage]];name = `\"a\"`                                        | 2: a stage needs one of shows, line, matches and symbol",
        "[[stage]];shows = `\"x\"`                                       | 1: a stage needs a name",
        "[[stage]];name = `\"a\"`;shows = `\"\"`                         | 3: an empty text is everywhere",
        "[[stage]];name = `\"a\"`;matches = `\"(\"`                      | 3: no regular expression",
        "[[stage]];name = `\"a\"`;symbol = `\"no_such\"`                 | 3: no symbol no_such",
        "[[stage]];name = `\"a\"`;shows = `\"x\"`;budget = `\"soon\"`    | 4: 'soon' is not a virtual time",
        ";memory = `\"3\"`;[[stage]];name = `\"a\"`;shows = `\"x\"`      | 2: a machine has 1 MiB to 3 GiB of RAM",
        "image = `\"nothing.elf\"`;[[stage]];name = `\"a\"`;shows = `\"x\"` | nothing.elf: no such file",
        "ends = `\"never\"`;[[stage]];name = `\"a\"`;shows = `\"x\"`     | 1: ends must be one of",
        "drives = [`\"d\"`];[[stage]];name = `\"a\"`;shows = `\"x\"`     | d: no such file",
        "[matrix];cpus = 3;[[stage]];name = `\"a\"`;shows = `\"x\"`      | 2: cpus must be a list of the values",
        "[matrix];cpus = [1,; `\"2\"`];[[stage]];name = `\"a\"`;shows = `\"x\"` | 2: cpus must be a whole number",
        "[[variant]];memory = `\"8M\"`;[[stage]];name = `\"a\"`;shows = `\"x\"` | 1: a variant needs a name",
        "memory = `\"8M\"`                                               | 1: there is no [[stage]]",
        "fail = [`\"panic\"`, 3];[[stage]];name = `\"a\"`;shows = `\"x\"` | 1: fail must be a text or a list of texts",
        "cpus = `\"one\"`;;[[stage]];name = `\"a\"`;shows = `\"x\"`      | 1: cpus must be a whole number",
    })
    void whatIsWrongIsSaidWithItsLine(String file, String problem) throws IOException {
        assertThat(problems(file.replace("`", "").replace(";", "\n"))).anySatisfy(said -> assertThat(said).contains(problem));
    }

    @Test
    void everythingThatIsWrongIsSaidAtOnceInTheOrderOfTheLines() throws IOException {
        assertThat(problems("""
                cpus = 99
                [[stage]]
                name = "a"
                shows = "x"
                [[stage]]
                name = "a"
                shows = "y"
                colour = "red"
                """)).containsExactly("1: cpus must be 1 to 16, not 99", "6: two stages are called a",
                "8: unknown key colour; known are name, shows, line, matches, symbol, types, budget");
    }

    @Test
    void aFileThatIsNotThereIsOneLine() {
        assertThatThrownBy(() -> StagesFile.read(folder.resolve("none.toml"), SPROUT)).isInstanceOf(UserError.class).hasMessageEndingWith("none.toml: no such file");
        assertThatThrownBy(() -> StagesFile.read(folder, SPROUT)).isInstanceOf(UserError.class).hasMessageEndingWith(": is a directory");
    }

    @Provide
    Arbitrary<String> files() {
        Arbitrary<String> pieces = Arbitraries.of("image", "append", "cpus", "stage", "matrix", "variant", "name", "shows", "ends", " = ", "[", "]", "[[", "]]", "\n",
                "\"", "'", "\"\"\"", "1", "-7", "1e999", "0x10", "99999999999999999999", "true", "{", "}", ",", ".", "#", "\\", "\u0000", "\ud83d\ude00", "1979-05-27",
                "\"x\"", "budget = \"1s\"", "[[stage]]\nname = \"a\"\nshows = \"x\"\n", "[matrix]\n", "drives = [[1]]\n");
        return pieces.list().ofMaxSize(40).map(list -> String.join("", list));
    }

    @Property(tries = 500)
    void noTextIsAnythingButVariantsOrProblems(@ForAll("files") String text) throws IOException {
        Path file = Files.createTempFile("stages", ".toml");
        try {
            StagesFile.Read read = StagesFile.read(Files.writeString(file, text), SPROUT);
            assertThat(read.variants().isEmpty()).isEqualTo(!read.problems().isEmpty());
            assertThat(read.problems()).allSatisfy(problem -> assertThat(problem.message()).isNotBlank());
        } finally {
            Files.delete(file);
        }
    }
}
