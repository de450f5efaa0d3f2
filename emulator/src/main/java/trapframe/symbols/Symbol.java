package trapframe.symbols;

/**
 * A name for an address.
 *
 * @param size   bytes, or 0 if the file does not say
 * @param global whether the name is known outside of its source file
 */
public record Symbol(String name, long address, long size, Kind kind, boolean global) {
    /** What is at the address. */
    public enum Kind {
        FUNCTION,
        OBJECT,
        /** A label in assembler code, or something that the file does not tell more about. */
        OTHER
    }
}
