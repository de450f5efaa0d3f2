package trapframe.diagnose.why;

import java.util.Optional;

/**
 * A CPU that asks a device again and again.
 *
 * @param since  the position at which it began; empty where that was not found
 * @param stack  where it is
 * @param read   of what it asks
 * @param steady what is proved of the register; empty if nothing is
 */
public record Polling(Actor poller, Optional<Long> since, Stack stack, RegisterRead read, Optional<Steady> steady) {
    /**
     * What is proved.
     *
     * @param bits that the register gives from now on as it gives them now
     * @param why  the device does so, for people
     */
    public record Steady(long bits, String why) { }
}
