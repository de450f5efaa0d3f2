package trapframe.timeline;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import trapframe.machine.Machine;
import trapframe.machine.StateHash;
import trapframe.machine.StopReason;

/**
 * A run that can be done again.
 *
 * @param run    where it begins
 * @param events what happened on the way, in order, at positions that never decrease
 * @param ended  how it ended; empty if its recorder did not live to see that
 */
public record Recording(RunDescription run, List<Event> events, Optional<Ended> ended) {
    public Recording {
        events = List.copyOf(events);
        long last = 0;
        for (Event event : events) {
            if (event.position() < last) {
                throw new IllegalArgumentException("it goes back");
            }
            last = event.position();
            if (event instanceof Applied applied && !applied.input.fits(run.spec())) {
                throw new IllegalArgumentException("what comes at position " + last + " does not fit the machine");
            }
        }
        if (ended.isPresent() && ended.get().position() < last) {
            throw new IllegalArgumentException("its end comes before what happened");
        }
    }

    /** Something that the recording says of a position. */
    public sealed interface Event {
        long position();
    }

    /** Something came to the machine. */
    public record Applied(Moment moment, Input input) implements Event {
        @Override
        public long position() {
            return moment.position();
        }
    }

    /** The machine's state had a hash, before what came at that position or behind some of it. */
    public record Checked(long position, Hash hash) implements Event { }

    /**
     * How a run ended.
     *
     * @param reason why the machine stopped
     * @param ending what the recorder calls it
     * @param detail what it said of it to people
     */
    public record Ended(Moment moment, StopReason reason, String ending, String detail, Hash hash) {
        public long position() {
            return moment.position();
        }
    }

    /**
     * A state's hash.
     *
     * @param whole the hash, 32 hexadecimal digits
     * @param parts of the hashes of the parts, in order, 32 bits each: they tell where the difference is
     */
    public record Hash(String whole, int[] parts) {
        /** The hash of a machine as it is now. */
        public static Hash of(Machine machine) {
            StateHash hash = machine.stateHashes();
            return new Hash(hash.hex(), hash.parts().stream().mapToInt(Hash::shortened).toArray());
        }

        static int shortened(StateHash.Part part) {
            return part.hash()[0] & 0xff | (part.hash()[1] & 0xff) << 8 | (part.hash()[2] & 0xff) << 16 | part.hash()[3] << 24;
        }

        boolean matches(StateHash hash) {
            return whole.equals(hash.hex());
        }

        /** The names of the parts that differ; empty if that cannot be said. */
        List<String> differences(StateHash hash) {
            List<StateHash.Part> there = hash.parts();
            if (there.size() != parts.length) {
                return List.of();
            }
            return there.stream().filter(part -> shortened(part) != parts[there.indexOf(part)]).map(StateHash.Part::name).distinct().toList();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Hash that && whole.equals(that.whole) && Arrays.equals(parts, that.parts);
        }

        @Override
        public int hashCode() {
            return whole.hashCode();
        }
    }

    /** All that came to the machine, in order. */
    public List<Applied> inputs() {
        return events.stream().filter(event -> event instanceof Applied).map(event -> (Applied) event).toList();
    }

    /** The last position that it says something of. */
    public long lastPosition() {
        return ended.map(Ended::position).orElse(events.isEmpty() ? 0 : events.getLast().position());
    }
}
