/**
 * Names for addresses and types for memory: what an ELF file with DWARF, or a System.map, knows of the code that a guest runs.
 *
 * <p>{@link trapframe.symbols.KernelSymbols} is the way in: symbols, source lines with inlined functions, variables, types.
 * {@link trapframe.symbols.Value} reads memory by type, {@link trapframe.symbols.Unwinder} walks stacks. Nothing here knows a machine:
 * memory is read through {@link trapframe.symbols.MemoryView}, registers come as {@link trapframe.symbols.FrameRegisters}.
 *
 * <p>The specifications are "System V Application Binary Interface" (gABI, chapters 4 and 5), "System V ABI, AMD64 Architecture
 * Processor Supplement" (psABI), "DWARF Debugging Information Format", versions 4 and 5, and, for .eh_frame, "Linux Standard Base Core
 * Specification 5.0", chapter 10. Section numbers of DWARF are those of version 5.
 *
 * <p>Files are not trusted. Whatever their bytes, a question is answered or ends in a {@link trapframe.symbols.SymbolsException}, after a
 * number of steps that the file's size bounds ({@link trapframe.symbols.Budget}).
 */
package trapframe.symbols;
