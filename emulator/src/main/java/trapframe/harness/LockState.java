package trapframe.harness;

import java.util.List;
import java.util.Optional;
import trapframe.symbols.SymbolsException;
import trapframe.symbols.Type;
import trapframe.symbols.Value;

/**
 * Whether a lock is held, by what locks look like in kernels: tickets of which two differ, a word that is not 0, an owner.
 *
 * @param holder the pointer that names who holds it, as C writes it, if there is one
 */
public record LockState(boolean held, Optional<String> holder) {
    private static final List<List<String>> TICKETS = List.of(List.of("next", "serving"), List.of("head", "tail"), List.of("next_ticket", "now_serving"));
    private static final List<String> WORDS = List.of("locked", "held", "rlock", "raw_lock", "lock", "val", "slock", "counter", "value", "owner");
    private static final int DEEPEST = 8;

    /**
     * Reads a lock.
     *
     * @throws SymbolsException if nothing in it looks like one
     */
    public static LockState of(Value lock) {
        return new LockState(isHeld(lock, 0), holder(lock));
    }

    private static boolean isHeld(Value lock, int depth) {
        if (!(lock.type().plain() instanceof Type.Struct) || depth > DEEPEST) {
            return lock.number() != 0;
        }
        // What owns a mutex tells more than the spinlock that guards it.
        if (hasMember(lock, "owner") && hasMember(lock, "lock")) {
            return lock.member("owner").number() != 0;
        }
        for (List<String> pair : TICKETS) {
            if (pair.stream().allMatch(name -> hasMember(lock, name))) {
                return lock.member(pair.getFirst()).number() != lock.member(pair.getLast()).number();
            }
        }
        for (String word : WORDS) {
            if (hasMember(lock, word)) {
                return isHeld(lock.member(word), depth + 1);
            }
        }
        throw SymbolsException.of(lock.type().toString(), "has nothing that tells whether it is held: no member " + String.join(", ", WORDS));
    }

    private static boolean hasMember(Value lock, String name) {
        try {
            lock.member(name);
            return true;
        } catch (SymbolsException e) {
            return false;
        }
    }

    private static Optional<String> holder(Value lock) {
        if (lock.type().plain() instanceof Type.Struct) {
            for (String name : List.of("holder", "owner")) {
                if (hasMember(lock, name) && lock.member(name).type().plain() instanceof Type.Pointer && !lock.member(name).isNull()) {
                    return Optional.of(lock.member(name).toString());
                }
            }
        }
        return Optional.empty();
    }
}
