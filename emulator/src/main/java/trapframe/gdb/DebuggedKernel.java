package trapframe.gdb;

import java.nio.file.Path;
import java.util.Optional;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.tasks.TaskReader;

/**
 * What is known of the kernel that a client debugs.
 *
 * @param executable the file that the machine booted, if it has symbols
 * @param symbols    what names addresses
 * @param tasks      reads the kernel's tasks, with the same symbols
 */
public record DebuggedKernel(Optional<Path> executable, Optional<KernelSymbols> symbols, Optional<TaskReader> tasks) { }
