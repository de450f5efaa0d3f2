package trapframe.diagnose.why;

import java.util.Optional;

/**
 * One that waits, and what for.
 *
 * @param waiter  who
 * @param how     what it does meanwhile: "spins", or the kernel's name of its state
 * @param since   the position at which it began; empty where that was not found
 * @param at      where in the code it waits: of a loop, where it looks
 * @param stack   where it is
 * @param awaited the word of memory
 * @param held    who has it; empty if nobody has written it since the start of the run
 */
public record Link(Actor waiter, String how, Optional<Long> since, Place at, Stack stack, Awaited awaited, Optional<Held> held) { }
