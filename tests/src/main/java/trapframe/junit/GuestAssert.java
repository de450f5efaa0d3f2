package trapframe.junit;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.assertj.core.api.AbstractAssert;
import trapframe.harness.LockState;
import trapframe.harness.Mapping;
import trapframe.symbols.tasks.Task;

/** Assertions on a guest that stands still. */
public final class GuestAssert extends AbstractAssert<GuestAssert, Guest> {
    private static final long EFER_LMA = 1 << 10;

    GuestAssert(Guest guest) {
        super(guest, GuestAssert.class);
    }

    /** The console has shown a text, at any time. */
    public GuestAssert hasShown(String text) {
        if (!actual.console().contains(text)) {
            throw failure("the guest has not shown \"%s\"", text);
        }
        return this;
    }

    /** The console has never shown a text. */
    public GuestAssert hasNotShown(String text) {
        if (actual.console().contains(text)) {
            throw failure("the guest has shown \"%s\"", text);
        }
        return this;
    }

    /** These are the stages that were reached. */
    public GuestAssert hasReached(String... stages) {
        if (!actual.stages().equals(List.of(stages))) {
            throw failureWithActualExpected(actual.stages(), List.of(stages), "the guest has reached the stages %s, not %s", actual.stages(), List.of(stages));
        }
        return this;
    }

    /** A register of the first CPU has a value. */
    public GuestAssert hasRegister(String name, long value) {
        long found = actual.register(name);
        if (found != value) {
            throw failureWithActualExpected(found, value, "%s is 0x%x, not 0x%x", name, found, value);
        }
        return this;
    }

    /** A variable, or a part of one, is what C would write so: {@code 3}, {@code TASK_READY}, {@code "idle"}. */
    public GuestAssert hasValue(String expression, Object value) {
        String found = actual.value(expression).toString();
        if (!found.equals(value.toString())) {
            throw failureWithActualExpected(found, value.toString(), "%s is %s, not %s", expression, found, value);
        }
        return this;
    }

    /** A symbol's page is mapped with these rights: {@code r-x-} for the kernel's code, {@code rw-u} for a program's data. */
    public GuestAssert hasPage(String symbol, String rights) {
        String found = actual.mapping(symbol).map(Mapping::rights).orElse("not mapped");
        if (!found.equals(rights)) {
            throw failureWithActualExpected(found, rights, "the page of %s is %s, not %s", symbol, found, rights);
        }
        return this;
    }

    /** Nothing is mapped at a symbol, or at an address like {@code 0x0}. */
    public GuestAssert hasNoPage(String symbol) {
        Optional<Mapping> found = actual.mapping(symbol);
        if (found.isPresent()) {
            throw failure("%s is mapped: %s", symbol, found.get());
        }
        return this;
    }

    /** No page can be written and executed as well. */
    public GuestAssert hasNoWritableExecutablePages() {
        return hasNoPages("writable and executable", mapping -> mapping.writable() && mapping.executable());
    }

    /** Ring 3 reaches nothing in the upper half of the address space, which is the kernel's. Only in long mode is there such a half. */
    public GuestAssert hasNoUserPagesInTheUpperHalf() {
        if ((actual.register("efer") & EFER_LMA) == 0) {
            throw failure("the guest is not in long mode, and no half of its address space is the kernel's: see mappings()");
        }
        return hasNoPages("the upper half's and ring 3's", mapping -> mapping.user() && mapping.linear() < 0);
    }

    private GuestAssert hasNoPages(String what, Predicate<Mapping> unwanted) {
        List<Mapping> found = actual.mappings().stream().filter(unwanted).toList();
        if (!found.isEmpty()) {
            throw failure("pages are %s: %s", what, found.stream().map(Mapping::toString).collect(Collectors.joining("; ")));
        }
        return this;
    }

    /** An interrupt, named as {@link Guest#interrupts} names it, came at least this often. */
    public GuestAssert hasInterrupts(String name, long least) {
        long found = actual.interrupts(name);
        if (found < least) {
            throw failureWithActualExpected(found, least, "%s came %d times, not %d", name, found, least);
        }
        return this;
    }

    /** An exception, by its mnemonic, came exactly this often. */
    public GuestAssert hasExceptions(String mnemonic, long times) {
        long found = actual.exceptions(mnemonic);
        if (found != times) {
            throw failureWithActualExpected(found, times, "%s came %d times, not %d", mnemonic, found, times);
        }
        return this;
    }

    /** Nobody holds a lock. */
    public GuestAssert hasFree(String lock) {
        LockState state = actual.lock(lock);
        if (state.held()) {
            throw failure("%s is held%s", lock, state.holder().map(holder -> " by " + holder).orElse(""));
        }
        return this;
    }

    /** Somebody holds a lock. */
    public GuestAssert hasHeld(String lock) {
        if (!actual.lock(lock).held()) {
            throw failure("%s is free", lock);
        }
        return this;
    }

    /** A task of this name is in a state, by the kernel's name for it. */
    public GuestAssert hasTask(String name, String state) {
        List<String> found = actual.tasks().stream().filter(task -> task.name().equals(name)).map(Task::state).toList();
        if (!found.contains(state)) {
            throw failureWithActualExpected(found, state, "task %s is %s, not in state %s", name, found.isEmpty() ? "not there" : "in state "
                    + String.join(" and ", found), state);
        }
        return this;
    }

    /** A drive holds a text somewhere. */
    public GuestAssert hasOnDisk(int disk, String text) {
        if (actual.disk(disk).find(text) < 0) {
            throw failure("disk %d does not hold \"%s\"", disk, text);
        }
        return this;
    }
}
