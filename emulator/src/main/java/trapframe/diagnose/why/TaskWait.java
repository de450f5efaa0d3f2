package trapframe.diagnose.why;

import java.util.Optional;

/**
 * What a task waits for.
 *
 * @param what   in words: the wait queue, the task, the end of a task
 * @param object what the wait queue belongs to: {@code accounts[1].mutex}
 * @param on     the index of the task that has it or will do it, in {@link Explanation#tasks}
 * @param slept  when it stopped: it gave the processor up
 * @param owner  how the owner of the object came to have it
 * @param missed what it has missed
 */
public record TaskWait(String what, Optional<String> object, Optional<Integer> on, Optional<Event> slept, Optional<Held> owner,
                       Optional<Missed> missed) { }
