package trapframe.bus;

import java.util.ArrayList;
import java.util.List;

/** One wire that several devices drive: it is high while any of them drives it high (wired OR). */
public final class SharedLine implements Stateful<SharedLine.State> {
    /** @param levels of the inputs, in the order in which they were made */
    public record State(List<Boolean> levels) { }

    private final InterruptLine output;
    private final List<Boolean> levels = new ArrayList<>();
    private long changes;

    public SharedLine(InterruptLine output) {
        this.output = output;
    }

    /** Makes one more input, low. Part of building the machine. */
    public InterruptLine input() {
        int number = levels.size();
        levels.add(false);
        return level -> {
            if (levels.get(number) != level) {
                changes++;
                levels.set(number, level);
            }
            output.set(levels.contains(true));
        };
    }

    @Override
    public long changes() {
        return changes;
    }

    @Override
    public State state() {
        return new State(List.copyOf(levels));
    }

    @Override
    public void restore(State state) {
        changes++;
        for (int i = 0; i < levels.size(); i++) {
            levels.set(i, state.levels.get(i));
        }
    }
}
