package trapframe.symbols;

/** The memory of a guest, by linear address, as it is at the moment of the question. */
@FunctionalInterface
public interface MemoryView {
    /** Reads bytes; where an address is not mapped, only those before it. */
    byte[] read(long address, int length);

    /**
     * A little-endian number of 1 to 8 bytes, without a sign.
     *
     * @throws SymbolsException if there is no memory
     */
    default long number(long address, int length) {
        byte[] bytes = read(address, length);
        if (bytes.length < length) {
            throw new SymbolsException("the guest has no memory at " + Names.hex(address + bytes.length));
        }
        long value = 0;
        for (int i = length - 1; i >= 0; i--) {
            value = value << Byte.SIZE | bytes[i] & 0xff;
        }
        return value;
    }
}
