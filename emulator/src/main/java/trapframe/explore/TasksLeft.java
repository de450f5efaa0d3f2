package trapframe.explore;

import java.util.List;
import java.util.Optional;
import trapframe.cpu.Cpu;
import trapframe.machine.Machine;
import trapframe.symbols.SymbolsException;
import trapframe.symbols.tasks.Task;
import trapframe.symbols.tasks.TaskReader;
import trapframe.symbols.tasks.Wait;

/**
 * What tells hangs apart in which all CPUs are idle: the states of the tasks that are left. Their names and how many they are do not count: which
 * of several workers is the one that hangs is chance.
 */
final class TasksLeft {
    private TasksLeft() { }

    /** Each state once, with the kernel's name of what is waited for if it has one; nothing where the guest has no tasks that can be read. */
    static List<String> of(TaskReader reader, Machine machine) {
        Cpu cpu = machine.cpus().getFirst();
        // Several benches share one reader, which remembers what it has read of the symbols.
        synchronized (reader) {
            try {
                return reader.read(cpu::look, machine.cpus().size()).stream()
                        .filter(task -> task.cpu().isEmpty() && task.activity() != Task.Activity.EXITED).map(TasksLeft::words).distinct().sorted().toList();
            } catch (SymbolsException e) {
                return List.of();
            }
        }
    }

    /** A name made of a symbol and an offset tells one of several objects. */
    private static String words(Task task) {
        Optional<String> place = task.waitsFor().flatMap(wait -> wait instanceof Wait.In in ? in.name() : Optional.empty());
        return task.state() + place.map(name -> " in " + name.replaceAll("\\+0x[0-9a-f]+$", "")).orElse("");
    }
}
