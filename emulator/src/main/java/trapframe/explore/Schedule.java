package trapframe.explore;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import trapframe.machine.Machine;
import trapframe.timeline.Input;
import trapframe.timeline.Recording;
import trapframe.timeline.Runner;

/**
 * What comes to a run from outside, in the order of its positions. As text it is one line, such as
 * {@code @204519007 interrupt; @204530000 stall 5000; @204531000 vector 0 0x20; @204540000 turn 1; @204550000 turn 0 90000}, or {@code none}.
 *
 * @param steps at positions that never decrease
 */
public record Schedule(List<Step> steps) {
    /** The run as it is. */
    public static final Schedule NONE = new Schedule(List.of());

    private static final String EMPTY = "none";
    private static final int MOST_STEPS = 1_000;
    private static final Pattern STEP = Pattern.compile("@(\\d{1,18}) (?:(interrupt)|stall (\\d{1,15})|vector (\\d{1,3}) 0x([0-9a-f]{1,2})|turn (\\d{1,3})(?: (\\d{1,15}))?)");

    /** @param position the first instruction boundary at or behind it is meant */
    public record Step(long position, Action action) {
        @Override
        public String toString() {
            return "@" + position + " " + switch (action) {
                case Action.Interrupt() -> "interrupt";
                case Action.Stall(long positions) -> "stall " + positions;
                case Action.Vector(int cpu, int vector) -> "vector " + cpu + " 0x" + Integer.toHexString(vector);
                case Action.Turn(int cpu, long atLeast) -> "turn " + cpu + (atLeast > 0 ? " " + atLeast : "");
            };
        }
    }

    /** What can come. */
    public sealed interface Action {
        /** How long a device may let a guest wait for the next interrupt that is said to come now: a second. */
        long FURTHEST_INTERRUPT = 1_000_000_000L;

        /**
         * Comes to a machine, now.
         *
         * @param runner of the machine
         * @return what came, an interrupt as the stall that it was; empty if no interrupt can come, and the machine is then anywhere
         */
        default Optional<Action> comeTo(Machine machine, Runner runner) {
            switch (this) {
                case Interrupt() -> {
                    OptionalLong stalled = machine.stallToInterrupt(FURTHEST_INTERRUPT);
                    return stalled.isPresent() ? Optional.of(new Stall(stalled.getAsLong())) : Optional.empty();
                }
                case Stall(long positions) -> runner.apply(new Input.Stall(positions));
                case Vector(int cpu, int vector) -> runner.apply(new Input.Injection(cpu, vector));
                case Turn(int cpu, long atLeast) -> runner.apply(new Input.Turn(cpu, atLeast));
            }
            return Optional.of(this);
        }

        /** Time passes, with all CPUs standing still, until a device requests the next interrupt. */
        record Interrupt() implements Action { }

        /** Time passes, with all CPUs standing still, for a number of positions. */
        record Stall(long positions) implements Action { }

        /** An interrupt controller gets a request that no device made. */
        record Vector(int cpu, int vector) implements Action { }

        /**
         * The turn goes to a CPU, while the others stand still.
         *
         * @param atLeast for how many positions at least, unless the CPU comes to wait; 0: as long as turns usually are
         */
        record Turn(int cpu, long atLeast) implements Action { }
    }

    public Schedule {
        steps = List.copyOf(steps);
        for (int i = 1; i < steps.size(); i++) {
            if (steps.get(i).position < steps.get(i - 1).position) {
                throw new IllegalArgumentException("a schedule's positions go back, from " + steps.get(i - 1).position + " to " + steps.get(i).position);
            }
        }
    }

    /** The next interrupt comes at a position. */
    public static Schedule interruptAt(long position) {
        return new Schedule(List.of(new Step(position, new Action.Interrupt())));
    }

    /** Where the first step comes; 0 if there is none. */
    long position() {
        return steps.isEmpty() ? 0 : steps.getFirst().position();
    }

    /** How long everything stands still, as far as that is said, in positions. */
    public long stalled() {
        return steps.stream().mapToLong(step -> step.action instanceof Action.Stall(long positions) ? positions : 0).sum();
    }

    /** This one, with another step behind. */
    public Schedule with(Step step) {
        List<Step> more = new ArrayList<>(steps);
        more.add(step);
        return new Schedule(more);
    }

    /** This one without the step of an index. */
    Schedule without(int index) {
        List<Step> fewer = new ArrayList<>(steps);
        fewer.remove(index);
        return new Schedule(fewer);
    }

    /** What came to a recorded run of that which schedules are made of. */
    public static Schedule of(Recording recording) {
        List<Step> steps = new ArrayList<>();
        for (Recording.Applied applied : recording.inputs()) {
            switch (applied.input()) {
                case Input.Stall(long positions) -> steps.add(new Step(applied.position(), new Action.Stall(positions)));
                case Input.Injection(int cpu, int vector) -> steps.add(new Step(applied.position(), new Action.Vector(cpu, vector)));
                case Input.Turn(int cpu, long atLeast) -> steps.add(new Step(applied.position(), new Action.Turn(cpu, atLeast)));
                default -> { }
            }
        }
        return new Schedule(steps);
    }

    /**
     * Reads what {@link #toString} wrote.
     *
     * @throws IllegalArgumentException that says in a line what is wrong
     */
    public static Schedule parse(String text) {
        if (text.strip().equals(EMPTY)) {
            return NONE;
        }
        String[] parts = text.split(";", -1);
        if (parts.length > MOST_STEPS) {
            throw new IllegalArgumentException("a schedule of more than " + MOST_STEPS + " steps");
        }
        List<Step> steps = new ArrayList<>();
        for (String part : parts) {
            steps.add(step(part.strip()));
        }
        return new Schedule(steps);
    }

    private static Step step(String text) {
        Matcher matcher = STEP.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'" + text + "' is no step like '@1000 interrupt', '@1000 stall 50', '@1000 vector 0 0x20' "
                    + "'@1000 turn 1' or '@1000 turn 1 50'");
        }
        long position = Long.parseLong(matcher.group(1));
        if (matcher.group(2) != null) {
            return new Step(position, new Action.Interrupt());
        }
        if (matcher.group(3) != null) {
            return new Step(position, new Action.Stall(Long.parseLong(matcher.group(3))));
        }
        if (matcher.group(4) != null) {
            return new Step(position, new Action.Vector(Integer.parseInt(matcher.group(4)), Integer.parseInt(matcher.group(5), 16)));
        }
        return new Step(position, new Action.Turn(Integer.parseInt(matcher.group(6)), matcher.group(7) == null ? 0 : Long.parseLong(matcher.group(7))));
    }

    @Override
    public String toString() {
        return steps.isEmpty() ? EMPTY : steps.stream().map(Step::toString).collect(Collectors.joining("; "));
    }
}
