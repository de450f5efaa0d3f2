package trapframe.symbols.tasks;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.SymbolsException;

/**
 * How a kernel keeps its tasks: the names of its table, of the members and of the states. Read from a small text file (docs/symbols.md has
 * the format); those of some kernels come with Trapframe.
 *
 * @param kernel   what the kernel is called
 * @param needs    symbols by which an image of it is known
 * @param task     the structure of a task
 * @param table    where they are
 * @param current  the task of a CPU, whose number is called CPU in it
 * @param context  the member that points to the saved registers
 * @param layout   the registers that are saved there, from the lowest address on, 8 bytes each; empty if it points to a structure whose
 *                 members have their names
 * @param states   names for values of the state that have none in the debug information
 * @param meanings what the names of the states mean; those that are not here wait. A free one has an empty meaning
 * @param waits    of those that apply the first counts
 * @param calls    how programs call it
 * @param pools    what it has a limited number of
 */
public record KernelDescription(String kernel, List<String> needs, TaskType task, TaskTable table, Optional<String> current,
                                Optional<List<String>> id, Optional<List<String>> name, List<String> state, Optional<List<String>> context,
                                List<String> layout, Map<Long, String> states, Map<String, Optional<Task.Activity>> meanings,
                                List<WaitRule> waits, Optional<CallRule> calls, List<Pool> pools) {
    private static final List<String> SHIPPED = List.of("sprout.tasks", "xv6.tasks");
    private static final long MAX_BYTES = 1 << 20;

    /**
     * Reads a description.
     *
     * @throws SymbolsException if it cannot be read, or does not follow the format; it says in which line
     */
    public static KernelDescription read(Path file) {
        try {
            if (Files.isDirectory(file) || Files.size(file) > MAX_BYTES) {
                throw SymbolsException.of(file.toString(), "is not a small text file");
            }
            return of(file.toString(), Files.readString(file, StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            throw SymbolsException.of(file.toString(), Files.exists(file) ? "cannot be read: " + e.getMessage() : "no such file");
        }
    }

    /**
     * The same for text that is there already.
     *
     * @param source what to call it in messages
     */
    public static KernelDescription of(String source, String text) {
        return new DescriptionParser(source).parse(text);
    }

    /** The one that comes with Trapframe for a kernel with these symbols. */
    public static Optional<KernelDescription> shippedFor(KernelSymbols symbols) {
        return SHIPPED.stream().map(KernelDescription::shipped).filter(description -> description.fits(symbols)).findFirst();
    }

    static KernelDescription shipped(String file) {
        try (InputStream stream = KernelDescription.class.getResourceAsStream(file)) {
            return of(file, new String(stream.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether a file has what the description needs. */
    boolean fits(KernelSymbols symbols) {
        return needs.stream().allMatch(symbol -> symbols.address(symbol).isPresent())
                && (task instanceof TaskType.Declared || symbols.hasDebugInformation());
    }

    /** Whether tasks in a state are none. */
    boolean isFree(String stateName) {
        return meanings.getOrDefault(stateName, Optional.of(Task.Activity.BLOCKED)).isEmpty();
    }

    Task.Activity activity(String stateName) {
        return meanings.getOrDefault(stateName, Optional.empty()).orElse(Task.Activity.BLOCKED);
    }

    /** All states that the description names. */
    Set<String> namedStates() {
        return meanings.keySet();
    }
}
