package trapframe.tests;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Modules of a Linux kernel's package, with what they depend on. The package has no {@code modules.dep}, which {@code depmod} would make
 * when it is installed; each module says by itself what it needs, in its section {@code .modinfo}.
 */
final class KernelModules {
    private static final String ORDER = "order";
    private static final Pattern DEPENDS = Pattern.compile("\0depends=([^\0]*)\0");

    private final Path unpacked;
    private final Path target;
    private final Set<String> taken = new LinkedHashSet<>();

    private KernelModules(Path unpacked, Path target) {
        this.unpacked = unpacked;
        this.target = target;
    }

    /**
     * Copies modules and their dependencies, uncompressed, with a file that says in which order they can be inserted. What the kernel
     * has built in is left out.
     */
    static Path copy(Path unpackedPackage, List<String> wanted, Path target)
            throws IOException, InterruptedException, DebianPackage.Impossible {
        KernelModules modules = new KernelModules(unpackedPackage, target);
        for (String name : wanted) {
            modules.take(name);
        }
        Files.write(target.resolve(ORDER), modules.taken);
        return target;
    }

    /** The copied modules, in an order in which they can be inserted. */
    static List<Path> inOrder(Path folder) throws IOException {
        List<Path> modules = new ArrayList<>();
        for (String name : Files.readAllLines(folder.resolve(ORDER))) {
            modules.add(folder.resolve(name + ".ko"));
        }
        return modules;
    }

    private void take(String name) throws IOException, InterruptedException, DebianPackage.Impossible {
        Optional<Path> found = taken.contains(name) ? Optional.empty() : find(name);
        if (found.isEmpty()) {
            return;
        }
        Path copy = uncompressed(found.get(), target.resolve(name + ".ko"));
        for (String needed : dependencies(copy)) {
            take(needed);
        }
        taken.add(name);
    }

    /** A name's hyphens may be underscores in the file's name, and the other way round. */
    private Optional<Path> find(String name) throws IOException {
        Pattern file = Pattern.compile(name.replaceAll("[-_]", "[-_]") + "\\.ko(\\.xz)?");
        try (Stream<Path> files = Files.walk(unpacked)) {
            return files.filter(path -> file.matcher(path.getFileName().toString()).matches()).findFirst();
        }
    }

    private Path uncompressed(Path module, Path copy) throws IOException, InterruptedException, DebianPackage.Impossible {
        if (module.toString().endsWith(".xz")) {
            Files.copy(module, target.resolve(copy.getFileName() + ".xz"));
            DebianPackage.run(target, "xz", "-d", copy.getFileName() + ".xz");
            return copy;
        }
        return Files.copy(module, copy);
    }

    private static Set<String> dependencies(Path module) throws IOException {
        Matcher matcher = DEPENDS.matcher(Files.readString(module, StandardCharsets.ISO_8859_1));
        Set<String> names = new TreeSet<>();
        if (matcher.find()) {
            names.addAll(List.of(matcher.group(1).split(",")));
            names.remove("");
        }
        return names;
    }
}
