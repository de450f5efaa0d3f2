package trapframe.symbols;

/** A file of symbols that cannot be used, or a question that it, or the guest's memory, has no answer to. The message is one line. */
public final class SymbolsException extends RuntimeException {
    SymbolsException(String message) {
        super(Names.printable(message));
    }

    /** Of a file, or of a kernel, by its name. */
    public static SymbolsException of(String file, String problem) {
        return new SymbolsException(file + ": " + problem);
    }
}
