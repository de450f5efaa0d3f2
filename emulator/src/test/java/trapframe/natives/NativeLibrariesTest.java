package trapframe.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLibrariesTest {
    private static final int WORD_2_0_1 = 2 << 24 | 1 << 8;
    private static final int WORD_2_1_4 = 2 << 24 | 1 << 16 | 4 << 8;

    @TempDir
    Path folder;

    @Test
    void findsAUnicornThatIsNewEnough() {
        NativeLibrary unicorn = NativeLibraries.find(Library.UNICORN);

        assertThat(unicorn.version()).isGreaterThanOrEqualTo(new Version(2, 1, 2));
        assertThat(unicorn.symbols().find("uc_open")).isPresent();
    }

    @Test
    void findsACapstone() {
        NativeLibrary capstone = NativeLibraries.find(Library.CAPSTONE);

        assertThat(capstone.version().major()).isBetween(4, 5);
        assertThat(capstone.symbols().find("cs_disasm_iter")).isPresent();
    }

    @Test
    void passesOverALibraryThatIsTooOldAndTakesTheNext() throws Exception {
        String old = fakeUnicorn("old", WORD_2_0_1, true);
        String good = fakeUnicorn("good", WORD_2_1_4, true);

        NativeLibrary found = NativeLibraries.search(Library.UNICORN, Optional.empty(), List.of(old, good));

        assertThat(found.location()).isEqualTo(good);
        assertThat(found.version()).isEqualTo(new Version(2, 1, 4));
    }

    @Test
    void namesTheTooOldLibraryWhenThereIsNoOther() throws Exception {
        String old = fakeUnicorn("old", WORD_2_0_1, true);

        assertThatThrownBy(() -> NativeLibraries.search(Library.UNICORN, Optional.empty(), List.of(old)))
                .isInstanceOf(NativeLibraryException.class)
                .hasMessage(old + " is libunicorn 2.0.1, which is too old: Trapframe needs libunicorn 2.1.2 or newer with"
                        + " x86; run emulator/native/get-natives, or set TRAPFRAME_LIBUNICORN to the path of one");
    }

    @Test
    void refusesAUnicornWithoutX86() throws Exception {
        String arm = fakeUnicorn("arm", WORD_2_1_4, false);

        assertThatThrownBy(() -> NativeLibraries.search(Library.UNICORN, Optional.empty(), List.of(arm)))
                .isInstanceOf(NativeLibraryException.class)
                .hasMessageContaining(arm + " was built without x86");
    }

    @Test
    void doesNotLookElsewhereWhenTheChosenLibraryIsRefused() throws Exception {
        String good = fakeUnicorn("good", WORD_2_1_4, true);
        Path missing = folder.resolve("missing.so");

        assertThatThrownBy(() -> NativeLibraries.search(Library.UNICORN, Optional.of(missing.toString()), List.of(good)))
                .isInstanceOf(NativeLibraryException.class)
                .hasMessageContaining(missing + " does not exist")
                .hasMessageContaining("TRAPFRAME_LIBUNICORN");
    }

    @Test
    void refusesAFileThatIsNoLibrary() throws Exception {
        Path text = Files.writeString(folder.resolve("text.so"), "not a library");

        assertThatThrownBy(() -> NativeLibraries.search(Library.CAPSTONE, Optional.empty(), List.of(text.toString())))
                .isInstanceOf(NativeLibraryException.class)
                .hasMessageContaining(text + " cannot be loaded");
    }

    @Test
    void saysHowToGetOneWhenNothingIsThere() {
        assertThatThrownBy(() -> NativeLibraries.search(Library.UNICORN, Optional.empty(), List.of("libnosuch.so.9")))
                .isInstanceOf(NativeLibraryException.class)
                .hasMessageStartingWith("no libunicorn was found: ")
                .hasMessageContaining("run emulator/native/get-natives")
                .hasMessageNotContaining("\n");
    }

    @Test
    void readsTheVersionWordsOfBothUnicornGenerations() {
        assertThat(Library.UNICORN.decode(0x0103)).isEqualTo(new Version(1, 3, 0));
        assertThat(Library.UNICORN.decode(0x02010400)).isEqualTo(new Version(2, 1, 4));
        assertThat(Library.CAPSTONE.decode(0x0500)).isEqualTo(new Version(5, 0, 0));
    }

    /** A shared library that answers as a libunicorn of this version. */
    private String fakeUnicorn(String name, int word, boolean x86) throws Exception {
        Path source = Files.writeString(folder.resolve(name + ".c"), """
                #include <stdbool.h>
                unsigned uc_version(unsigned *major, unsigned *minor) { return %du; }
                bool uc_arch_supported(int arch) { return arch == 4 && %b; }
                """.formatted(word, x86));
        Path library = folder.resolve(name + ".so");
        Process compiler;
        try {
            compiler = new ProcessBuilder("cc", "-shared", "-fPIC", "-o", library.toString(), source.toString())
                    .redirectErrorStream(true).start();
        } catch (java.io.IOException missing) {
            Assumptions.abort("no C compiler to build a stand-in library with: " + missing.getMessage());
            throw missing;
        }
        assertThat(compiler.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(compiler.exitValue()).isZero();
        return library.toString();
    }
}
