package trapframe.diagnose.why;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * What somebody waits for: a word of memory, which may be a lock.
 *
 * @param linear   address of the first byte, as the waiter has it
 * @param physical the same in RAM; empty where there is none, as for a register of a device
 * @param bytes    1 to 64
 * @param value    what it holds; empty for more than 8 bytes
 * @param wanted   for which value the waiter looks, if it compares for one
 * @param name     by the symbols: {@code log_lock.serving}, or a symbol with an offset
 * @param lock     how it is taken, if it is a lock
 */
public record Awaited(long linear, OptionalLong physical, int bytes, OptionalLong value, Optional<Long> wanted, Optional<String> name,
                      Optional<Lock> lock) {
    /** How a lock is taken, as the instructions showed that did it. */
    public enum Kind {
        /** By LOCK XADD of a counter of tickets; the lock belongs to who has the ticket that another word shows. */
        TICKET("ticket lock"),
        /** By XCHG of a word. */
        EXCHANGE("lock taken by XCHG"),
        /** By CMPXCHG of a word, without LOCK on a single processor. */
        COMPARE_EXCHANGE("lock taken by CMPXCHG"),
        /** By LOCK BTS. */
        BIT("lock taken by BTS"),
        /** By another instruction that reads and writes at once. */
        OTHER("lock taken by a LOCK instruction");

        private final String words;

        Kind(String words) {
            this.words = words;
        }

        /** As people say it. */
        public String words() {
            return words;
        }
    }

    /**
     * A lock.
     *
     * @param physical address of the word by which it is taken
     * @param ticket   that holds it now; empty for other kinds
     * @param name     of the lock as a whole, if symbols tell it
     */
    public record Lock(Kind kind, long physical, OptionalLong ticket, Optional<String> name) { }
}
