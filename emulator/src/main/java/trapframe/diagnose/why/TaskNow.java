package trapframe.diagnose.why;

import java.util.Optional;
import trapframe.symbols.tasks.Task;

/**
 * A task at the moment that is explained.
 *
 * @param name   as people write it
 * @param state  the kernel's name for it
 * @param stack  where it goes on, from its saved registers; empty for one that runs, or never did
 * @param call   of a program in the kernel, that has not been answered
 * @param waiting   what it waits for, if it is blocked
 * @param ready  of one that is ready: how it became that
 */
public record TaskNow(String name, String state, Task.Activity activity, Optional<Stack> stack, Optional<SystemCall> call,
                      Optional<TaskWait> waiting, Optional<Event> ready) { }
