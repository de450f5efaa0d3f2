package trapframe.timeline;

import java.util.List;
import java.util.Optional;
import trapframe.cpu.Observation;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.Snapshot;
import trapframe.machine.StopReason;

/** A machine to which a recording's inputs come as they did, as often as it is run. */
final class Rerun implements AutoCloseable {
    /** Where a rerun is: the machine, and how many of the recording's events are behind it. */
    record Place(Snapshot snapshot, int next) {
        long position() {
            return snapshot.position();
        }
    }

    private final Machine machine;
    private final List<Recording.Event> events;
    private final boolean live;
    private final Optional<PlantedFault> fault;
    private int next;
    /** Why the machine stopped last, other than at a position that it was sent to. */
    private Optional<StopReason> stopped = Optional.empty();

    /** @param fault a fault that this machine has, each time that it gets there */
    Rerun(Machine machine, Recording recording, Optional<PlantedFault> fault) {
        this.machine = machine;
        this.events = recording.events();
        this.live = recording.run().live();
        this.fault = fault;
    }

    Machine machine() {
        return machine;
    }

    long position() {
        return machine.clock().position();
    }

    Place place() {
        return new Place(machine.snapshot(), next);
    }

    void restore(Place place) {
        machine.restore(place.snapshot);
        next = place.next;
        stopped = Optional.empty();
    }

    /** The next event that is not behind, if there is one. */
    Optional<Recording.Event> nextEvent() {
        return next < events.size() ? Optional.of(events.get(next)) : Optional.empty();
    }

    int nextIndex() {
        return next;
    }

    /** Leaves the next event behind; if it is an input, it comes to the machine. */
    void passEvent() {
        if (events.get(next++) instanceof Recording.Applied applied) {
            deliver(applied.moment().deliveries());
            applied.input().applyTo(machine);
        }
    }

    /** Goes on until a number of interrupts and exceptions was delivered at this position. */
    void deliver(int deliveries) {
        machine.observe(Observation.NONE.withDeliveries(true));
        boolean delivers = true;
        while (delivers && machine.deliveriesHere() < deliveries) {
            StopReason reason = machine.run(new RunLimits(position() + 1, live));
            delivers = reason instanceof StopReason.Delivered;
            if (!delivers && !(reason instanceof StopReason.PositionLimit)) {
                // A delivery that fails ends the run: a triple fault.
                stopped = Optional.of(reason);
            }
        }
        machine.observe(Observation.NONE);
    }

    /** Runs to a position; inputs that are recorded for positions on the way come, those at the end too. Only before an event's index. */
    void goTo(long position, int before) {
        while (next < before && events.get(next).position() <= position && reaches(events.get(next).position())) {
            passEvent();
        }
        reaches(position);
    }

    /** Why the machine stopped on the way to where it was sent; empty if it got there. */
    Optional<StopReason> stopped() {
        return stopped;
    }

    /** Runs to a position, and returns whether the machine got there. */
    private boolean reaches(long position) {
        fault.filter(planted -> planted.position() < position).ifPresent(planted -> run(planted.position()));
        run(position);
        return stopped.isEmpty();
    }

    private void run(long position) {
        long from = position();
        if (from < position && stopped.isEmpty()) {
            StopReason reason = machine.run(new RunLimits(position, live));
            stopped = reason instanceof StopReason.PositionLimit ? Optional.empty() : Optional.of(reason);
            fault.filter(planted -> planted.position() > from && planted.position() <= position())
                    .ifPresent(planted -> planted.strike(machine));
        }
    }

    @Override
    public void close() {
        machine.close();
    }
}
