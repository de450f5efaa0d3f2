package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trapframe.symbols.KernelSymbols;

/** {@code boot --until symbol:NAME}. */
class UntilSymbolTest {
    @TempDir
    Path folder;

    @BeforeEach
    void needLauncher() {
        Launcher.assumeBuilt();
    }

    private Launcher.Result boot(String... arguments) throws IOException, InterruptedException {
        String[] all = new String[arguments.length + 3];
        System.arraycopy(new String[] {"boot", "--console", "/dev/null"}, 0, all, 0, 3);
        System.arraycopy(arguments, 0, all, 3, arguments.length);
        return Launcher.run(folder, Map.of(), Launcher.PATH, all);
    }

    @Test
    void endsWellBeforeTheSymbolsInstructionByTheImagesNamesAndByASystemMap() throws Exception {
        long address = KernelSymbols.open(SproutBoot.IMAGE).address("task_create").orElseThrow();
        Path map = Files.writeString(folder.resolve("System.map"), String.format("%016x T made_up%n", address));

        Launcher.Result byImage = boot("--until", "symbol:task_create");
        Launcher.Result byMap = boot("--until", "symbol:made_up", "--symbols", map.toString());

        assertThat(byImage.exitCode()).isZero();
        assertThat(byImage.errors()).startsWith("trapframe: the guest reached the symbol of --until, at position ");
        assertThat(byMap.errors()).isEqualTo(byImage.errors());
    }

    @Test
    void whatIsNoSymbolIsSaidInOneLine() throws Exception {
        Path text = Files.writeString(folder.resolve("text"), "no symbols here");

        assertThat(boot("--until", "symbol:nothing")).satisfies(result -> {
            assertThat(result.exitCode()).isEqualTo(2);
            assertThat(result.errors().lines()).containsExactly("trapframe: --until: no symbol nothing");
        });
        assertThat(boot("--until", "symbol:task_create", "--symbols", text.toString()).errors().lines())
                .containsExactly("trapframe: " + text + ": is neither an ELF file nor a System.map");
        assertThat(boot("--until", "symbol:nothing", "--record", folder.resolve("recording").toString()).exitCode()).isEqualTo(2);
        assertThat(folder.resolve("recording")).doesNotExist();
    }
}
