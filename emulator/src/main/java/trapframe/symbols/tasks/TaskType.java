package trapframe.symbols.tasks;

import trapframe.symbols.KernelSymbols;
import trapframe.symbols.SymbolsException;
import trapframe.symbols.Type;

/** The structure of a task. */
sealed interface TaskType {
    /** The type, as a file of symbols has it. */
    Type in(KernelSymbols symbols);

    /** One that the debug information has. */
    record Named(String name) implements TaskType {
        @Override
        public Type in(KernelSymbols symbols) {
            return symbols.type(name).orElseThrow(() -> SymbolsException.of(symbols.name(), "has no type " + name
                    + (symbols.hasDebugInformation() ? "" : ": it has no debug information")));
        }
    }

    /** One that the description lays out itself, for a kernel without debug information. */
    record Declared(Type.Struct struct) implements TaskType {
        @Override
        public Type in(KernelSymbols symbols) {
            return struct;
        }
    }
}
