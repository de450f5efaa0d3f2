package trapframe.symbols;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/**
 * A small freestanding program (src/test/resources/trapframe/symbols), compiled in one of several ways.
 *
 * @param compiler gcc or clang
 * @param options  that differ: how much is optimised, the version of DWARF, and where things are put
 */
record SampleProgram(String compiler, List<String> options) {
    private static final Path SOURCES = Path.of("src", "test", "resources", "trapframe", "symbols");
    private static final Path FOLDER = Path.of("target", "sample-programs");
    private static final Map<SampleProgram, Path> BUILT = new ConcurrentHashMap<>();

    /** All ways that matter: either compiler, not optimised and optimised, DWARF 4 and 5. */
    static Stream<SampleProgram> all() {
        return Stream.of("gcc", "clang").flatMap(compiler -> Stream.of("-O0", "-O2")
                .flatMap(level -> Stream.of("-gdwarf-4", "-gdwarf-5").map(dwarf -> new SampleProgram(compiler, List.of(level, dwarf)))));
    }

    /** The linker leaves out functions that nobody calls, but not what the debug information says of them. */
    static Stream<SampleProgram> withoutWhatIsNotUsed() {
        return Stream.of(new SampleProgram("gcc", List.of("-O2", "-gdwarf-5", "-ffunction-sections", "-Wl,--gc-sections")),
                new SampleProgram("clang", List.of("-O2", "-gdwarf-4", "-ffunction-sections", "-Wl,--gc-sections")),
                new SampleProgram("gcc", List.of("-Os", "-gdwarf-3")));
    }

    /** Pairs of programs that differ in the form of their debug information only; the first one's is a form that others read as well. */
    static Stream<Arguments> sameCodeInOtherForms() {
        SampleProgram gcc = new SampleProgram("gcc", List.of("-O2", "-gdwarf-5"));
        SampleProgram clang = new SampleProgram("clang", List.of("-O2", "-gdwarf-4"));
        return Stream.of(
                Arguments.of(gcc, new SampleProgram("gcc", List.of("-O2", "-gdwarf-4"))),
                Arguments.of(gcc, new SampleProgram("gcc", List.of("-O2", "-gdwarf-5", "-fdebug-types-section"))),
                Arguments.of(gcc, new SampleProgram("gcc", List.of("-O2", "-gdwarf-4", "-fdebug-types-section"))),
                Arguments.of(gcc, new SampleProgram("gcc", List.of("-O2", "-gdwarf-5", "-gz=zlib"))),
                Arguments.of(gcc, new SampleProgram("gcc", List.of("-O2", "-gdwarf-5", "-gdwarf64"))),
                Arguments.of(gcc, new SampleProgram("gcc", List.of("-O2", "-gdwarf-5", "-fno-asynchronous-unwind-tables"))),
                Arguments.of(clang, new SampleProgram("clang", List.of("-O2", "-gdwarf-5"))),
                Arguments.of(clang, new SampleProgram("clang", List.of("-O2", "-gdwarf-5", "-fdebug-types-section"))));
    }

    static SampleProgram plain() {
        return new SampleProgram("gcc", List.of("-O2", "-gdwarf-5"));
    }

    /** The program's file; it is compiled when it is asked for first. Skips the test if there is no compiler. */
    Path file() {
        HostTools.need(compiler);
        return BUILT.computeIfAbsent(this, SampleProgram::build);
    }

    KernelSymbols symbols() {
        return KernelSymbols.open(file());
    }

    byte[] bytes() {
        try {
            return Files.readAllBytes(file());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path build() {
        try {
            Files.createDirectories(FOLDER);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Path target = FOLDER.resolve(compiler + String.join("", options).replace(",", "") + ".elf");
        List<String> command = new ArrayList<>(List.of(compiler, "-ffreestanding", "-nostdlib", "-static", "-fno-stack-protector", "-fno-pie",
                "-o", target.toString()));
        command.addAll(options);
        for (String source : new String[] {"main.c", "other.c", "stub.S"}) {
            command.add(SOURCES.resolve(source).toAbsolutePath().toString());
        }
        HostTools.run(command);
        assertThat(target).isRegularFile();
        return target;
    }

    @Override
    public String toString() {
        return compiler + " " + String.join(" ", options);
    }
}
