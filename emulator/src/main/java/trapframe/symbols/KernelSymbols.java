package trapframe.symbols;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.LongPredicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What a file tells of the addresses of a kernel, or of another program that a guest runs: an ELF file, with DWARF if it was compiled so, or
 * a System.map. Addresses are those that the file was linked for.
 *
 * <p>Opening reads the symbols; debug information is read when it is asked for, and only the part that the answer needs. Threads may
 * share an object. Every method throws a {@link SymbolsException} if the part of the file that it needs is damaged.
 */
public final class KernelSymbols {
    private final String name;
    private final Budget budget;
    private final ElfFile elf;
    private final SymbolTable table;
    private final LongPredicate code;
    private DebugInformation debug;
    private CallFrames callFrames;

    /** What is read when it is asked for. */
    private static final class DebugInformation {
        private final Units units;
        private final SourceIndex lines;
        private final NameIndex names;
        private final TypeReader types;
        private final Variables variables;
        private final boolean isThere;
        private DataPaths paths;

        DebugInformation(ElfFile elf, SymbolTable table, Budget budget) {
            units = new Units(DebugSections.of(elf, budget));
            isThere = !units.all().isEmpty();
            lines = new SourceIndex(units, budget);
            names = new NameIndex(units);
            types = new TypeReader(units, budget, names);
            variables = new Variables(units, budget, names, types, table);
        }
    }

    private KernelSymbols(SymbolFile file) {
        name = file.name();
        budget = new Budget(name, file.bytes().byteSize());
        if (ElfFile.isElf(file)) {
            elf = new ElfFile(file, budget);
            table = budget.ask(() -> new SymbolTable(elf.symbols(budget)));
        } else if (SystemMap.looksLikeOne(file)) {
            elf = null;
            table = new SymbolTable(SystemMap.read(file));
        } else {
            throw file.bad("is neither an ELF file nor a System.map");
        }
        code = address -> elf != null ? elf.isCode(address)
                : symbolAt(address).filter(symbol -> symbol.kind() == Symbol.Kind.FUNCTION).isPresent();
    }

    private KernelSymbols(LongPredicate code) {
        name = "no file";
        budget = new Budget(name, 1 << 20);
        elf = null;
        table = new SymbolTable(List.of());
        this.code = code;
    }

    /**
     * What is known of a kernel without a file: nothing has a name, but its stacks can be walked.
     *
     * @param code whether code may be at an address
     */
    public static KernelSymbols none(LongPredicate code) {
        return new KernelSymbols(code);
    }

    /**
     * Opens a file.
     *
     * @throws SymbolsException if it cannot be read, or is neither a linked ELF file for x86 nor a System.map
     */
    public static KernelSymbols open(Path path) {
        return new KernelSymbols(SymbolFile.open(path));
    }

    /** Reads a file that is in memory already. */
    public static KernelSymbols of(String name, byte[] content) {
        return new KernelSymbols(SymbolFile.of(name, content));
    }

    /** Whether it is an ELF file, and no System.map. */
    public boolean isElf() {
        return elf != null;
    }

    /** An ELF file of the symbols alone, for debuggers that read nothing else. */
    public byte[] asElf() {
        return SymbolElf.of(table.all());
    }

    /** The file's name as the user gave it. */
    public String name() {
        return name;
    }

    /** The symbol that an address belongs to: of those whose bytes it is among, the one that begins last. */
    public Optional<Symbol> symbolAt(long address) {
        return budget.ask(() -> table.at(address, budget));
    }

    /** All symbols of a name, those first that are known outside of their files. */
    public List<Symbol> symbols(String symbol) {
        return table.named(symbol);
    }

    /** The address of a symbol; of several of the name, of the first of {@link #symbols}. */
    public OptionalLong address(String symbol) {
        List<Symbol> found = table.named(symbol);
        return found.isEmpty() ? OptionalLong.empty() : OptionalLong.of(found.getFirst().address());
    }

    /** An address as people write it: {@code SYMBOL} or {@code SYMBOL+0x12}. */
    public Optional<String> describe(long address) {
        return symbolAt(address).map(symbol -> symbol.address() == address ? symbol.name()
                : symbol.name() + "+" + Names.hex(address - symbol.address()));
    }

    /** Whether code of the file is at an address. */
    public boolean isCode(long address) {
        return code.test(address);
    }

    /** Whether the file has debug information; whether it tells what is asked for is another matter. */
    public boolean hasDebugInformation() {
        return inDebugInformation(information -> information.isThere, () -> false);
    }

    private <T> T inDebugInformation(Function<DebugInformation, T> question, Supplier<T> otherwise) {
        if (elf == null) {
            return otherwise.get();
        }
        return budget.ask(() -> {
            if (debug == null) {
                debug = new DebugInformation(elf, table, budget);
            }
            return question.apply(debug);
        });
    }

    /**
     * The functions that the code at an address belongs to, with source lines: first the innermost one that was inlined there, last the one
     * whose code it is. Without debug information there is one, with the symbol's name and without a line; for an address that belongs to
     * nothing there is none. For a caller's frame ask for {@link Frame#address}.
     */
    public List<SourceFrame> lineAt(long address) {
        Optional<String> symbol = symbolAt(address).map(Symbol::name);
        List<SourceFrame> known = inDebugInformation(information -> information.lines.at(address, symbol.orElse("?")), List::of);
        return known.isEmpty() ? symbol.map(each -> List.of(new SourceFrame(each, Optional.empty(), false))).orElse(List.of()) : known;
    }

    /**
     * Where to stop at a source line: the first address at which a statement of it begins, in each function that has one, inlined ones
     * included. If no code came from the line, that of the next line of the file that has some counts. Empty if there is none.
     *
     * @param file a source file, by its name or by as much of its path as is needed
     */
    public List<Long> addressesOfLine(String file, int line) {
        return inDebugInformation(information -> new LineSearch(information.units, information.lines, budget, file, line).addresses(), List::of);
    }

    /** A type by its name: {@code struct task}, {@code enum task_state}, {@code uint64_t}; the words struct, union and enum may be left out. */
    public Optional<Type> type(String type) {
        return inDebugInformation(information -> information.names.type(type).map(information.types::type), Optional::empty);
    }

    /** All variables that the debug information has a place for, by address, but for those of functions. */
    public List<Variable> variables() {
        return inDebugInformation(information -> information.variables.all(), List::of);
    }

    /** What is at an address of data, in which variable; empty if no variable outside of functions is there. */
    public Optional<DataPath> dataAt(long address) {
        return inDebugInformation(information -> {
            if (information.paths == null) {
                information.paths = new DataPaths(information.variables.all());
            }
            return information.paths.at(address);
        }, Optional::empty);
    }

    /** What is at an address inside of something else that begins at an address and has a type; that is called by a name. */
    public DataPath dataIn(String outermost, Type type, long start, long address) {
        return budget.ask(() -> DataPaths.path(new DataPath.Part(outermost, type, start), address));
    }

    /**
     * All variables of a name: a global one first, then those that are known in one file each.
     *
     * @param scope a function's name or a source file's, if only variables of those are meant
     */
    public List<Variable> variables(Optional<String> scope, String variable) {
        return inDebugInformation(information -> information.variables.named(scope, variable), List::of);
    }

    /**
     * The variable of a name.
     *
     * @throws SymbolsException if several files have one of their own, and there is no global one
     */
    public Optional<Variable> variable(Optional<String> scope, String variable) {
        List<Variable> found = variables(scope, variable);
        if (found.size() > 1 && !found.getFirst().global()) {
            String files = found.stream().map(each -> each.file().orElse("?")).distinct().sorted().collect(Collectors.joining(", "));
            throw new SymbolsException("several variables are called " + variable + ": say which one, as 'FILE'::" + variable
                    + ", with one of " + files);
        }
        return found.stream().findFirst();
    }

    /** Why there is no variable of a name, to follow it in a message. */
    String whyNoVariable(String variable) {
        return address(variable).isPresent() ? "has a type that is not known: there is no debug information for it"
                : inDebugInformation(information -> information.variables.isOptimisedAway(variable), () -> false)
                        ? "has no place in memory: the compiler did without, or it is defined in another program" : "is not known";
    }

    /**
     * What an expression of C names, such as {@code tasks[3].state}, {@code cpus[0].current->name} or {@code 'sched.c'::sleepers}.
     *
     * @throws SymbolsException if it is not understood, or names nothing that is known
     */
    public Value value(String expression, MemoryView memory) {
        return new PathExpression(this, memory, expression).evaluate();
    }

    /** What is at an address, as a type. */
    public Value value(Type type, long address, MemoryView memory) {
        return new Value(this, memory, type, address);
    }

    /** Walks stacks in a guest's memory. */
    public Unwinder unwinder(MemoryView memory) {
        return new Unwinder(this, budget, memory);
    }

    /** How to find the caller of the code at an address; null if the file does not say. */
    CallFrames.Found callFrameRow(long address) {
        if (elf == null) {
            return null;
        }
        return budget.ask(() -> {
            if (callFrames == null) {
                callFrames = new CallFrames(elf, budget);
            }
            return callFrames.at(address);
        });
    }
}
