package trapframe.natives;

import java.util.List;

/** The native libraries that Trapframe uses, with the versions that it can work with. */
public enum Library {
    /**
     * The CPU engine. Below 2.1.2 it has no RDTSC hook and does not keep the program counter exact in callbacks; 2.1.4
     * is the version that everything is tested with.
     */
    UNICORN("libunicorn", List.of("2"), "uc_version", new Version(2, 1, 2), new Version(2, 1, 4)) {
        @Override
        Version decode(int word) {
            // 1.x packed two bytes, 2.x packs four: UC_API_MAJOR, _MINOR, _PATCH, _EXTRA.
            return word >>> 24 == 0
                    ? new Version(word >>> 8, word & 0xff, 0)
                    : new Version(word >>> 24, word >>> 16 & 0xff, word >>> 8 & 0xff);
        }
    },

    /** The disassembler. The layout of its instruction record is known for 4 and 5. */
    CAPSTONE("libcapstone", List.of("5", "4"), "cs_version", new Version(4, 0, 0), new Version(5, 0, 0)) {
        @Override
        Version decode(int word) {
            return new Version(word >>> 8, word & 0xff, 0);
        }
    };

    private final String stem;
    private final List<String> abis;
    private final String versionFunction;
    private final Version least;
    private final Version reference;

    Library(String stem, List<String> abis, String versionFunction, Version least, Version reference) {
        this.stem = stem;
        this.abis = abis;
        this.versionFunction = versionFunction;
        this.least = least;
        this.reference = reference;
    }

    /** The version from the word that the library's version function returns. */
    abstract Version decode(int word);

    /** For example {@code libunicorn}. */
    public String stem() {
        return stem;
    }

    /** The oldest version that is accepted. */
    public Version least() {
        return least;
    }

    /** The newest version that Trapframe is tested with. */
    public Version reference() {
        return reference;
    }

    /** The system property that names the library's file. */
    public String property() {
        return "trapframe." + stem;
    }

    /** The environment variable that names the library's file. */
    public String environment() {
        return this == UNICORN ? "TRAPFRAME_LIBUNICORN" : "TRAPFRAME_LIBCAPSTONE";
    }

    String versionFunction() {
        return versionFunction;
    }

    /** File names by preference, as the operating system spells them. */
    List<String> fileNames(boolean mac) {
        return abis.stream().map(abi -> mac ? stem + "." + abi + ".dylib" : stem + ".so." + abi).toList();
    }
}
