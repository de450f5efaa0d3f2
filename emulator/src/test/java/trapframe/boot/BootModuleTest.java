package trapframe.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BootModuleTest {
    @TempDir
    private Path folder;

    private String file(String name) throws IOException {
        return Files.writeString(folder.resolve(name), name).toString();
    }

    @Test
    void oneFileIsOneModule() throws IOException {
        List<BootModule> modules = BootModule.open(file("initrd"));
        assertThat(modules).hasSize(1);
        assertThat(modules.getFirst().arguments()).isEmpty();
        assertThat(modules.getFirst().file().baseName()).isEqualTo("initrd");
        assertThat(modules.getFirst().file().length()).isEqualTo(6);
    }

    @Test
    void anExistingNameIsNotTakenApart() throws IOException {
        assertThat(BootModule.open(file("a b,c"))).singleElement()
                .satisfies(module -> assertThat(module.file().baseName()).isEqualTo("a b,c"));
    }

    @Test
    void commasSeparateModulesAndASpaceTheirArguments() throws IOException {
        List<BootModule> modules = BootModule.open(file("one") + " x=1 y," + file("two"));
        assertThat(modules).extracting(module -> module.file().baseName()).containsExactly("one", "two");
        assertThat(modules).extracting(BootModule::arguments).containsExactly("x=1 y", "");
    }

    @Test
    void aDoubledCommaIsAComma() throws IOException {
        List<BootModule> modules = BootModule.open(file("one") + " a,,b");
        assertThat(modules).singleElement().satisfies(module -> assertThat(module.arguments()).isEqualTo("a,b"));
    }
}
