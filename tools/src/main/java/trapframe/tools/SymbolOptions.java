package trapframe.tools;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;
import trapframe.boot.BootImage;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.SymbolsException;
import trapframe.symbols.tasks.KernelDescription;
import trapframe.symbols.tasks.TaskReader;

/** The options that say what names a kernel's addresses and its tasks; the same for every command that shows some. */
final class SymbolOptions {
    @Option(names = "--symbols", paramLabel = "FILE", description = "What names addresses: an ELF file or a System.map (default: the image, if it is "
            + "an ELF file).")
    private Path symbols;

    @Option(names = "--tasks", paramLabel = "FILE", description = "How the kernel keeps its tasks (docs/symbols.md), for what shows them (default: "
            + "what is known of the image by its symbols).")
    private Path tasks;

    /** Whether the user named a file with symbols. */
    boolean isNamed() {
        return symbols != null;
    }

    /** What names addresses in an image; empty if nothing does. */
    Optional<KernelSymbols> symbols(BootImage image) {
        try {
            return Optional.of(KernelSymbols.open(symbols != null ? symbols : Path.of(image.file().name())));
        } catch (SymbolsException e) {
            if (symbols != null) {
                throw new UserError(e.getMessage());
            }
            return Optional.empty();
        }
    }

    /** How the kernel keeps its tasks; empty if nobody says it. */
    Optional<KernelDescription> description(Optional<KernelSymbols> known) {
        try {
            return tasks != null ? Optional.of(KernelDescription.read(tasks)) : known.flatMap(KernelDescription::shippedFor);
        } catch (SymbolsException e) {
            throw new UserError(e.getMessage());
        }
    }

    /** What reads the kernel's tasks; empty if nobody says how. */
    Optional<TaskReader> tasks(KernelSymbols known) {
        return description(Optional.of(known)).map(each -> new TaskReader(each, known));
    }
}
