package trapframe.gdb;

import java.util.Optional;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.tasks.TaskReader;

/**
 * What is known of the kernel that a client debugs.
 *
 * @param executable a file with symbols that a client can read, if there is one
 * @param symbols    what names addresses
 * @param tasks      reads the kernel's tasks, with the same symbols
 */
public record DebuggedKernel(Optional<RemoteFile> executable, Optional<KernelSymbols> symbols, Optional<TaskReader> tasks) { }
