package trapframe.diagnose.why;

import java.util.Optional;

/**
 * Something that happened for one that waits before it slept, so that nobody has a reason to wake it any more.
 *
 * @param what   changed, by its name or address
 * @param change how
 * @param test   the last time before it slept that the one that waits looked at it; empty if it did not look
 * @param before what it saw then
 * @param after  what it is now
 * @param look   the last time between the change and the sleep that the one that it waits for looked at its state, and left it as it was:
 *               a wake-up that found nobody who sleeps
 * @param meanwhile where the one that waits was when it was changed
 */
public record Missed(String what, Event change, Optional<Event> test, Optional<String> before, Optional<String> after, Optional<Event> look,
                     Optional<Stack> meanwhile) { }
