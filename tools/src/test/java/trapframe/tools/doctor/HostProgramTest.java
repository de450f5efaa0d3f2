package trapframe.tools.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostProgramTest {
    private static final HostProgram COMPILER =
            new HostProgram(List.of("gcc", "clang"), "building the bundled kernel", "gcc", "gcc-brewed");

    @TempDir
    Path folder;

    @Test
    void readsTheVersionFromTheFirstLineAndNotThePackagersFromBrackets() throws Exception {
        Path gcc = program("gcc", "echo 'gcc (Debian 12.2.0-14+deb12u1) 12.2.1'; echo 'Copyright 1.2.3'");

        assertThat(COMPILER.look("/no/such/folder:" + folder)).isEqualTo(
                Finding.present("gcc", false, "building the bundled kernel", "12.2.1", gcc.toString()));
    }

    @Test
    void takesTheSecondNameWhenTheFirstIsNotThere() throws Exception {
        Path clang = program("clang", "echo 'clang version 19.1.7 (3)'");

        Finding finding = COMPILER.look(folder.toString());

        assertThat(finding.present()).isTrue();
        assertThat(finding.location()).contains(clang.toString());
        assertThat(finding.version()).contains("19.1.7");
    }

    @Test
    void aProgramThatDoesNotTellItsVersionIsThereAllTheSame() throws Exception {
        program("gcc", "exit 3");

        assertThat(COMPILER.look(folder.toString()).version()).contains("unknown version");
    }

    @Test
    void tellsThePackageInTheSystemsOwnTerms() throws Exception {
        assertThat(COMPILER.look(folder.toString()).remedy()).contains("install gcc");
        program("brew", "exit 0");
        assertThat(COMPILER.look(folder.toString()).remedy()).contains("brew install gcc-brewed");
        program("apt-get", "exit 0");
        assertThat(COMPILER.look(folder.toString()).remedy()).contains("apt-get install gcc");
    }

    @Test
    void aFolderOfThatNameIsNoProgram() throws Exception {
        Files.createDirectory(folder.resolve("gcc"));

        assertThat(COMPILER.look(folder.toString()).present()).isFalse();
    }

    private Path program(String name, String script) throws IOException {
        Path file = Files.writeString(folder.resolve(name), "#!/bin/sh\n" + script + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
        return file;
    }
}
