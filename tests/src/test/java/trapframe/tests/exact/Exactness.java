package trapframe.tests.exact;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;

/**
 * The property that everything else rests on: a run that is stopped anywhere, or everywhere, is the same run.
 *
 * <p>The reference is a run of single steps. A free run must end in the same state with the same accesses to the device; a
 * run that stops at any position must stop at the reference's first boundary at or after it, in the reference's state there,
 * and end as the others do.
 */
final class Exactness {
    /** Far more than any program here takes. */
    private static final long LIMIT = 20_000;

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

    private Exactness() { }

    /** Runs a program in all ways; returns how it ended. */
    static End check(byte[] program) {
        TreeMap<Long, String> boundaries = new TreeMap<>();
        End reference = stepped(program, boundaries, Poke.NONE);
        checkFreeRun(program, reference);
        for (long position = boundaries.firstKey(); position <= reference.position(); position++) {
            checkStopAt(program, position, boundaries, reference);
        }
        return reference;
    }

    /** As {@link #check}, with stops only at some of the positions: every {@code stride}th. */
    static End checkSome(byte[] program, int stride) {
        TreeMap<Long, String> boundaries = new TreeMap<>();
        End reference = stepped(program, boundaries, Poke.NONE);
        checkFreeRun(program, reference);
        for (long position = boundaries.firstKey() + stride / 2; position <= reference.position(); position += stride) {
            checkStopAt(program, position, boundaries, reference);
        }
        return reference;
    }

    /** The same when the host writes a byte of RAM at some boundary: with every step, and with no stop but that one. */
    static End checkWithPoke(byte[] program, Poke poke) {
        End reference = stepped(program, new TreeMap<>(), poke);
        try (BareMachine machine = new BareMachine(program)) {
            machine.run(poke.position());
            machine.poke(poke.address(), poke.value());
            machine.run(LIMIT);
            assertSame(End.of(machine), reference, "a free run around a write by the host at " + poke.position());
        }
        return reference;
    }

    private static End stepped(byte[] program, TreeMap<Long, String> boundaries, Poke poke) {
        try (BareMachine machine = new BareMachine(program)) {
            boolean poked = false;
            while (!machine.ended()) {
                if (!poked && machine.position() >= poke.position()) {
                    machine.poke(poke.address(), poke.value());
                    poked = true;
                }
                String before = boundaries.isEmpty() && !inBody(machine) ? null : machine.state();
                if (before != null) {
                    boundaries.put(machine.position(), before);
                }
                long position = machine.position();
                machine.run(position + 1);
                assertThat(machine.position() > position || machine.ended()).as("a step moves on\n" + machine.state()).isTrue();
                assertThat(machine.position()).as("a program that does not end\n%s%s", machine.state(), machine.notes())
                        .isLessThan(LIMIT);
            }
            boundaries.put(machine.position(), machine.state());
            return End.of(machine);
        }
    }

    private static boolean inBody(BareMachine machine) {
        return machine.registers().rip() >= GuestProgram.BODY;
    }

    private static void checkFreeRun(byte[] program, End reference) {
        try (BareMachine machine = new BareMachine(program)) {
            machine.run(LIMIT);
            assertSame(End.of(machine), reference, "a free run");
        }
    }

    private static void checkStopAt(byte[] program, long position, TreeMap<Long, String> boundaries, End reference) {
        Map.Entry<Long, String> expected = boundaries.ceilingEntry(position);
        try (BareMachine machine = new BareMachine(program)) {
            machine.run(position);
            assertThat(machine.state()).as("the state where a run to %d stops", position).isEqualTo(expected.getValue());
            machine.run(LIMIT);
            assertSame(End.of(machine), reference, "a run that stopped at " + position);
        }
    }

    private static void assertSame(End end, End reference, String what) {
        assertThat(end.notes()).as("what the guest noted in " + what).isEqualTo(reference.notes());
        assertThat(end.log()).as("the device's accesses in " + what).isEqualTo(reference.log());
        assertThat(end.state()).as("the end of " + what).isEqualTo(reference.state());
    }
}
