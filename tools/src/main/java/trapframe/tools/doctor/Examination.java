package trapframe.tools.doctor;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import trapframe.natives.Library;
import trapframe.natives.NativeLibraries;
import trapframe.natives.NativeLibrary;
import trapframe.natives.NativeLibraryException;

/** Looks at everything that Trapframe uses on this machine. */
public final class Examination {
    private static final List<HostProgram> PROGRAMS = List.of(
            new HostProgram(List.of("mvn"), "building Trapframe", "maven", "maven"),
            new HostProgram(List.of("gcc", "clang", "cc"), "building the bundled kernel", "gcc", "gcc"),
            new HostProgram(List.of("ld", "ld.lld"), "building the bundled kernel", "binutils", "binutils"),
            new HostProgram(List.of("qemu-system-x86_64"), "tests that compare with QEMU", "qemu-system-x86", "qemu"),
            new HostProgram(List.of("gdb"), "debugging a guest", "gdb", "gdb"));

    private Examination() {
    }

    /** @param bundledKernel where the build puts it */
    public static List<Finding> examine(Path bundledKernel) {
        List<Finding> findings = new ArrayList<>();
        findings.add(Finding.present("JDK", true, "everything", Runtime.version().toString(),
                System.getProperty("java.home")));
        findings.add(library(Library.UNICORN, true, "running guest code"));
        findings.add(library(Library.CAPSTONE, false, "showing guest code"));
        findings.add(Files.isRegularFile(bundledKernel)
                ? Finding.present("Sprout", false, "booting without an image of one's own", "built",
                        bundledKernel.toString())
                : Finding.missing("Sprout", false, "booting without an image of one's own",
                        "mvn -DskipTests package builds it"));
        String searchPath = Optional.ofNullable(System.getenv("PATH")).orElse("");
        for (HostProgram program : PROGRAMS) {
            findings.add(program.look(searchPath));
        }
        return List.copyOf(findings);
    }

    private static Finding library(Library library, boolean needed, String purpose) {
        try {
            NativeLibrary found = NativeLibraries.find(library);
            String note = found.version().compareTo(library.reference()) > 0
                    ? " (newer than " + library.reference() + ", the newest that Trapframe is tested with)" : "";
            return Finding.present(library.stem(), needed, purpose, found.version() + note, found.location());
        } catch (NativeLibraryException e) {
            return Finding.missing(library.stem(), needed, purpose, e.getMessage());
        }
    }
}
