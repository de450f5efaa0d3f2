package trapframe.tests.exact;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Turns assembler text (GNU as, Intel syntax) into the bytes of a flat image, with the machine's compiler and linker. */
public final class Assembler {
    private static final long LIMIT_SECONDS = 60;
    /** CC first; a compiler that makes code for something other than x86-64 is no use. */
    private static final List<List<String>> COMPILERS = compilers();

    private static final class Chosen {
        private static final List<String> COMPILER = COMPILERS.stream().filter(Assembler::works).findFirst().orElse(null);
    }

    private Assembler() { }

    /** Assembles and links for a linear address; skips the test where there is no compiler. */
    public static byte[] assemble(String text, long address) {
        Assumptions.assumeTrue(Chosen.COMPILER != null, "no gcc or clang that makes x86-64 code is installed");
        return build(Chosen.COMPILER, text, address);
    }

    private static boolean works(List<String> compiler) {
        try {
            return build(compiler, "mov rax, 1\n", 0).length == 7;
        } catch (AssertionError e) {
            return false;
        }
    }

    private static byte[] build(List<String> compiler, String text, long address) {
        Path folder = null;
        try {
            folder = Files.createTempDirectory("assembler");
            Path source = Files.writeString(folder.resolve("code.s"), ".intel_syntax noprefix\n.code64\n.text\n" + text + "\n");
            Path image = folder.resolve("code.bin");
            List<String> command = new ArrayList<>(compiler);
            command.addAll(List.of("-nostdlib", "-static", "-no-pie", "-Wl,--build-id=none,-N,-e,0,-Ttext="
                    + Long.toHexString(address) + ",--oformat=binary", "-o", image.toString(), source.toString()));
            Path output = folder.resolve("output");
            Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError(command + " did not end");
            }
            if (process.exitValue() != 0) {
                throw new AssertionError(Files.readString(output, StandardCharsets.UTF_8));
            }
            return Files.readAllBytes(image);
        } catch (IOException e) {
            throw new AssertionError(e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        } finally {
            delete(folder);
        }
    }

    private static List<List<String>> compilers() {
        List<List<String>> compilers = new ArrayList<>();
        String chosen = System.getenv("CC");
        if (chosen != null && !chosen.isBlank()) {
            compilers.add(List.of(chosen));
        }
        for (String name : List.of("gcc", "x86_64-linux-gnu-gcc", "x86_64-elf-gcc")) {
            compilers.add(List.of(name));
        }
        compilers.add(List.of("clang", "--target=x86_64-linux-gnu"));
        return compilers;
    }

    private static void delete(Path folder) {
        if (folder == null) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
