package trapframe.tests.exact;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import trapframe.machine.RoundRobin;
import trapframe.machine.Turn;

/**
 * The property that everything else rests on: a run that is stopped anywhere, or everywhere, is the same run.
 *
 * <p>The reference is a run of single steps. A free run must end in the same state with the same accesses to the device; a
 * run that stops at any position must stop at the reference's first boundary at or after it, in the reference's state there,
 * and end as the others do.
 */
final class Exactness {
    /** Far more than any program here takes. */
    private static final long LIMIT = 100_000;
    private static final long NEVER = Long.MAX_VALUE;

    /** How a program ended. */
    record End(String state, String log, String notes, long position) {
        static End of(BareMachine machine) {
            assertThat(machine.ended()).as("the program ended\n" + machine.state()).isTrue();
            return new End(machine.state(), machine.log(), machine.notes(), machine.position());
        }
    }

    /** Something that the host does in the middle of a run, at the first boundary at or after a position. */
    record Poke(long position, int address, int value) {
        static final Poke NONE = new Poke(Long.MAX_VALUE, 0, 0);
    }

    /** Makes the machine with the program, each time anew. */
    private final Supplier<BareMachine> maker;

    private Exactness(Supplier<BareMachine> maker) {
        this.maker = maker;
    }

    /** Of a program on one CPU. */
    static Exactness of(byte[] program) {
        return new Exactness(() -> new BareMachine(program));
    }

    /** Of a program on several CPUs that take turns of a number of positions. */
    static Exactness of(byte[] program, int cpus, long quantum) {
        return new Exactness(() -> new BareMachine(program, cpus, new RoundRobin(quantum)));
    }

    /** Runs the program in all ways; returns how it ended. */
    End check() {
        return checkSome(1);
    }

    /** As {@link #check}, with stops only at some of the positions, every {@code stride}th, and wherever a turn begins. */
    End checkSome(long stride) {
        Reference reference = stepped(stride, Poke.NONE);
        checkFreeRun(reference.end);
        checkStopsAt(reference.turns, reference.end);
        reference.states.forEach((position, state) -> checkStopAt(position, state, reference.end));
        return reference.end;
    }

    /** As {@link #check}, with stops only where a turn begins. */
    End checkTurns() {
        return checkSome(NEVER);
    }

    /** The same when the host writes a byte of RAM at some boundary: with every step, and with no stop but that one. */
    End checkWithPoke(Poke poke) {
        End reference = stepped(NEVER, poke).end;
        try (BareMachine machine = maker.get()) {
            machine.run(poke.position());
            machine.poke(poke.address(), poke.value());
            machine.run(LIMIT);
            assertSame(End.of(machine), reference, "a free run around a write by the host at " + poke.position());
        }
        return reference;
    }

    /**
     * A run of single steps.
     *
     * @param states where some runs shall stop, and the state at the first boundary from there on
     * @param turns  the positions around which turns began
     */
    private record Reference(End end, SortedMap<Long, String> states, SortedSet<Long> turns) { }

    private Reference stepped(long stride, Poke poke) {
        SortedMap<Long, String> states = new TreeMap<>();
        SortedSet<Long> turns = new TreeSet<>();
        boolean poked = false;
        boolean started = false;
        long next = NEVER;
        try (BareMachine machine = maker.get()) {
            while (!machine.ended()) {
                long position = machine.position();
                if (!poked && position >= poke.position()) {
                    machine.poke(poke.address(), poke.value());
                    poked = true;
                }
                if (!started && inBody(machine)) {
                    started = true;
                    next = stride == NEVER ? NEVER : position + stride / 2;
                }
                for (; next <= position; next += stride) {
                    states.put(next, machine.state());
                }
                Turn turn = machine.turn();
                machine.run(position + 1);
                assertThat(machine.position() > position || machine.ended()).as(() -> "a step moves on\n" + machine.state()).isTrue();
                assertThat(machine.position()).as(() -> "a program that does not end\n" + machine.state() + machine.notes())
                        .isLessThan(LIMIT);
                if (!machine.turn().equals(turn)) {
                    turns.addAll(List.of(position, machine.position()));
                }
            }
            return new Reference(End.of(machine), states, turns);
        }
    }

    private static boolean inBody(BareMachine machine) {
        return machine.registers().rip() >= GuestProgram.BODY;
    }

    private void checkFreeRun(End reference) {
        try (BareMachine machine = maker.get()) {
            machine.run(LIMIT);
            assertSame(End.of(machine), reference, "a free run");
        }
    }

    private void checkStopAt(long position, String state, End reference) {
        try (BareMachine machine = maker.get()) {
            machine.run(position);
            assertThat(machine.state()).as("the state where a run to %d stops", position).isEqualTo(state);
            machine.run(LIMIT);
            assertSame(End.of(machine), reference, "a run that stopped at " + position);
        }
    }

    private void checkStopsAt(SortedSet<Long> positions, End reference) {
        if (positions.isEmpty()) {
            return;
        }
        try (BareMachine machine = maker.get()) {
            positions.forEach(machine::run);
            machine.run(LIMIT);
            assertSame(End.of(machine), reference, "a run that stopped at each turn: " + positions);
        }
    }

    private static void assertSame(End end, End reference, String what) {
        assertThat(end.notes()).as("what the guest noted in " + what).isEqualTo(reference.notes());
        assertThat(end.log()).as("the device's accesses in " + what).isEqualTo(reference.log());
        assertThat(end.state()).as("the end of " + what).isEqualTo(reference.state());
    }
}
