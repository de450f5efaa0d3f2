package trapframe.junit;

import java.util.List;
import org.assertj.core.api.AbstractAssert;

/** Assertions on a guest that stands still. */
public final class GuestAssert extends AbstractAssert<GuestAssert, Guest> {
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
}
