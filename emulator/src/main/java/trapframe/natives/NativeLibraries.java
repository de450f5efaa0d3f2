package trapframe.natives;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Finds the native libraries.
 *
 * <p>The order: the file that the system property or the environment variable names (no other is looked at then), the
 * project's cache folder, the usual folders of the system, and what the system's loader finds by name. A library
 * that is too old, or that lacks x86, is passed over; if nothing is left, the error names what was found.
 */
public final class NativeLibraries {
    /** {@code uc_arch.UC_ARCH_X86} of unicorn.h. */
    private static final int UC_ARCH_X86 = 4;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final boolean MAC = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("mac");
    private static final Map<Library, NativeLibrary> LOADED = new EnumMap<>(Library.class);

    private NativeLibraries() {
    }

    /**
     * Loads a library, once for the process.
     *
     * @throws NativeLibraryException when none is good enough
     */
    public static NativeLibrary find(Library library) {
        synchronized (LOADED) {
            return LOADED.computeIfAbsent(library, wanted -> search(wanted, chosen(wanted), candidates(wanted)));
        }
    }

    /**
     * The cache folder: system property {@code trapframe.cache}, environment variable {@code TRAPFRAME_CACHE}, or
     * {@code .cache} at the top of the project.
     */
    public static Optional<Path> cacheFolder() {
        return setting("trapframe.cache", "TRAPFRAME_CACHE").map(Path::of)
                .or(() -> projectRoot().map(root -> root.resolve(".cache")));
    }

    static NativeLibrary search(Library library, Optional<String> chosen, List<String> candidates) {
        List<String> refused = new ArrayList<>();
        if (chosen.isPresent()) {
            return open(library, chosen.get(), refused).orElseThrow(() -> new NativeLibraryException(
                    refused.getFirst() + ", and " + library.environment() + " or " + library.property()
                            + " names it: " + needed(library)));
        }
        for (String candidate : candidates) {
            Optional<NativeLibrary> opened = open(library, candidate, refused);
            if (opened.isPresent()) {
                return opened.get();
            }
        }
        throw new NativeLibraryException(
                (refused.isEmpty() ? "no " + library.stem() + " was found" : String.join("; ", refused)) + ": "
                        + needed(library) + "; run emulator/native/get-natives, or set " + library.environment()
                        + " to the path of one");
    }

    private static String needed(Library library) {
        return "Trapframe needs " + library.stem() + " " + library.least() + " or newer"
                + (library == Library.UNICORN ? " with x86" : "");
    }

    private static Optional<String> chosen(Library library) {
        return setting(library.property(), library.environment());
    }

    private static Optional<String> setting(String property, String environment) {
        String value = System.getProperty(property);
        if (value == null || value.isEmpty()) {
            value = System.getenv(environment);
        }
        return Optional.ofNullable(value).filter(text -> !text.isEmpty());
    }

    private static Optional<Path> projectRoot() {
        String root = System.getProperty("trapframe.root");
        if (root != null && !root.isEmpty()) {
            return Optional.of(Path.of(root));
        }
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            if (Files.exists(folder.resolve("emulator/native/get-natives"))) {
                return Optional.of(folder);
            }
        }
        return Optional.empty();
    }

    private static List<String> candidates(Library library) {
        List<Path> folders = new ArrayList<>();
        cacheFolder().ifPresent(cache -> folders.add(cache.resolve("native")));
        String machine = switch (System.getProperty("os.arch")) {
            case "amd64" -> "x86_64";
            case String other -> other;
        };
        for (String folder : List.of("/usr/local/lib", "/usr/lib/" + machine + "-linux-gnu",
                "/lib/" + machine + "-linux-gnu", "/usr/lib64", "/usr/lib", "/opt/homebrew/lib", "/opt/local/lib")) {
            folders.add(Path.of(folder));
        }
        List<String> candidates = new ArrayList<>();
        for (Path folder : folders) {
            for (String name : library.fileNames(MAC)) {
                Path file = folder.resolve(name);
                if (Files.exists(file)) {
                    candidates.add(file.toAbsolutePath().toString());
                }
            }
        }
        candidates.addAll(library.fileNames(MAC));
        return candidates;
    }

    private static Optional<NativeLibrary> open(Library library, String location, List<String> refused) {
        // Looked at in an arena of its own, so that a library that is passed over is unloaded again.
        Version version;
        try (Arena trial = Arena.ofConfined()) {
            Optional<SymbolLookup> symbols = load(location, trial);
            if (symbols.isEmpty()) {
                // A bare name that the loader does not know is not worth a word; a file that it refuses is.
                if (location.indexOf('/') >= 0) {
                    refused.add(location + (Files.exists(Path.of(location)) ? " cannot be loaded" : " does not exist"));
                }
                return Optional.empty();
            }
            Optional<Version> stated = version(library, symbols.get());
            if (stated.isEmpty()) {
                refused.add(location + " is not " + library.stem());
                return Optional.empty();
            }
            version = stated.get();
            if (version.compareTo(library.least()) < 0) {
                refused.add(location + " is " + library.stem() + " " + version + ", which is too old");
                return Optional.empty();
            }
            if (library == Library.UNICORN && !hasX86(symbols.get())) {
                refused.add(location + " was built without x86");
                return Optional.empty();
            }
        }
        return load(location, Arena.global()).map(symbols -> new NativeLibrary(library, location, version, symbols));
    }

    private static Optional<SymbolLookup> load(String location, Arena arena) {
        try {
            return Optional.of(location.indexOf('/') >= 0
                    ? SymbolLookup.libraryLookup(Path.of(location), arena)
                    : SymbolLookup.libraryLookup(location, arena));
        } catch (IllegalArgumentException missing) {
            return Optional.empty();
        }
    }

    /** {@code unsigned uc_version(unsigned *major, unsigned *minor)}, and the same for {@code cs_version}. */
    private static Optional<Version> version(Library library, SymbolLookup symbols) {
        return symbols.find(library.versionFunction()).map(function -> {
            try (Arena arena = Arena.ofConfined()) {
                int word = (int) LINKER.downcallHandle(function, FunctionDescriptor.of(ValueLayout.JAVA_INT,
                                ValueLayout.ADDRESS, ValueLayout.ADDRESS))
                        .invokeExact(arena.allocate(ValueLayout.JAVA_INT), arena.allocate(ValueLayout.JAVA_INT));
                return library.decode(word);
            } catch (Throwable failure) {
                throw new IllegalStateException(failure);
            }
        });
    }

    /** {@code bool uc_arch_supported(uc_arch arch)}. */
    private static boolean hasX86(SymbolLookup symbols) {
        Optional<MemorySegment> function = symbols.find("uc_arch_supported");
        if (function.isEmpty()) {
            return false;
        }
        try {
            return (boolean) LINKER.downcallHandle(function.get(),
                    FunctionDescriptor.of(ValueLayout.JAVA_BOOLEAN, ValueLayout.JAVA_INT)).invokeExact(UC_ARCH_X86);
        } catch (Throwable failure) {
            throw new IllegalStateException(failure);
        }
    }
}
