package trapframe.tests;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/**
 * A module for Debian's kernel with a lock that its timer's handler takes, and its thread with interrupts on
 * ({@code src/test/linux/ledger}): built with gcc and make, and the kernel's own headers, which come from the machine's package source.
 */
final class LedgerModule {
    private static final String PACKAGE = "linux-headers-";
    private static final String FOLDERS = "usr/src";

    private LedgerModule() { }

    /** Builds the module for a kernel, or skips the test with the reason why that is impossible. */
    static Path orSkip(DebianKernel debian) {
        return switch (DebianPackage.obtain("debian-ledger", folder -> in(folder, debian))) {
            case DebianPackage.Result.Obtained<Path>(Path module) -> module;
            case DebianPackage.Result.Missing<Path>(String reason) ->
                    Assumptions.abort("a module for Debian's kernel cannot be built: " + reason);
        };
    }

    private static Path in(Path folder, DebianKernel debian) throws IOException, InterruptedException, DebianPackage.Impossible {
        String release = release(debian.kernel());
        Path sources = Path.of(System.getProperty("trapframe.root"), "tests/src/test/linux/ledger");
        Path module = folder.resolve("ledger-" + release + ".ko");
        Path builtFrom = folder.resolve("ledger-" + release + ".c");
        if (Files.exists(module) && Files.exists(builtFrom) && Files.mismatch(builtFrom, sources.resolve("ledger.c")) < 0) {
            return module;
        }
        String common = release.replaceFirst("-[a-z]+-amd64$|-amd64$", "-common");
        String kbuild = "linux-kbuild-" + release.replaceFirst("^(\\d+\\.\\d+).*", "$1");
        DebianPackage.unpack(folder, List.of(PACKAGE + release, PACKAGE + common, kbuild), unpacked -> {
            Path headers = unpacked.resolve(FOLDERS).resolve(PACKAGE + release);
            Path makefile = headers.resolve("Makefile");
            Files.writeString(makefile, Files.readString(makefile).replace("/" + FOLDERS, unpacked.resolve(FOLDERS).toString()));
            Path work = Files.createDirectory(unpacked.resolve("ledger"));
            for (String name : List.of("ledger.c", "Makefile")) {
                Files.copy(sources.resolve(name), work.resolve(name));
            }
            DebianPackage.run(work, "make", "-s", "-C", headers.toString(), "M=" + work, "modules");
            DebianPackage.run(work, "strip", "-g", "ledger.ko");
            Files.move(work.resolve("ledger.ko"), module, StandardCopyOption.REPLACE_EXISTING);
            Files.copy(sources.resolve("ledger.c"), builtFrom, StandardCopyOption.REPLACE_EXISTING);
        });
        return module;
    }

    /** What {@code uname -r} says of a kernel (Linux, Documentation/x86/boot.rst: kernel_version). */
    private static String release(Path bzImage) throws IOException {
        ByteBuffer image = ByteBuffer.wrap(Files.readAllBytes(bzImage)).order(ByteOrder.LITTLE_ENDIAN);
        int at = Short.toUnsignedInt(image.getShort(0x20e)) + 0x200;
        String version = StandardCharsets.US_ASCII.decode(image.slice(at, 80)).toString();
        return version.substring(0, version.indexOf(' '));
    }
}
