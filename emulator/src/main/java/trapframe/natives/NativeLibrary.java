package trapframe.natives;

import java.lang.foreign.SymbolLookup;

/**
 * A loaded library, good for the rest of the process.
 *
 * @param library  which one
 * @param location its path, or its bare name when the system's loader found it
 * @param version  what the library says of itself
 * @param symbols  its functions
 */
public record NativeLibrary(Library library, String location, Version version, SymbolLookup symbols) {
}
