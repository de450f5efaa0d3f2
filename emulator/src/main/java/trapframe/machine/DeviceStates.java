package trapframe.machine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import trapframe.bus.Stateful;
import trapframe.device.drive.Drive;

/**
 * The states of a board's devices, which hashes and snapshots have, and which a restore brings back. A search takes thousands of snapshots a second, and hardly a
 * device is touched between two of them: one that counted no change since its state was known is not asked for it again, and is not brought back to where
 * it still is. A state that is the same as before is the same record.
 *
 * <p>Another thread may take a snapshot, in a freeze, while the machine's own looks at states between two runs.
 */
final class DeviceStates {
    private final Stateful<?>[] devices;
    /** By number of the device, the state that it had last. */
    private final Record[] known;
    /** What the device had counted then; {@link Stateful#UNCOUNTED} if that tells nothing. */
    private final long[] changes;

    /** @param devices in the order of their states in snapshots and in the hash */
    DeviceStates(List<Stateful<?>> devices) {
        this.devices = devices.toArray(Stateful<?>[]::new);
        known = new Record[this.devices.length];
        changes = new long[this.devices.length];
        Arrays.fill(changes, Stateful.UNCOUNTED);
    }

    /** All of them, in order. */
    synchronized List<Record> all() {
        for (int i = 0; i < known.length; i++) {
            update(i);
        }
        return List.of(known);
    }

    /** The devices' names, and what of their states two equal runs have in common. */
    synchronized List<Machine.DeviceState> essences() {
        List<Machine.DeviceState> essences = new ArrayList<>(known.length);
        for (int i = 0; i < known.length; i++) {
            update(i);
            essences.add(new Machine.DeviceState(devices[i].getClass().getSimpleName(), essence(devices[i], known[i])));
        }
        return List.copyOf(essences);
    }

    /** Whether they are these, as far as two equal runs have that in common. */
    synchronized boolean are(List<Record> states) {
        for (int i = 0; i < known.length; i++) {
            update(i);
            Record other = states.get(i);
            if (known[i] != other && !essence(devices[i], known[i]).equals(essence(devices[i], other))) {
                return false;
            }
        }
        return true;
    }

    /** @throws trapframe.device.drive.DriveException if a drive cannot be brought back to its state */
    void checkRestorable(List<Record> states) {
        for (int i = 0; i < known.length; i++) {
            if (devices[i] instanceof Drive drive) {
                drive.checkRestorable((Drive.State) states.get(i));
            }
        }
    }

    /** Brings the devices to states that {@link #all} returned, of this board or of another one with the same devices. */
    synchronized void restore(List<Record> states) {
        for (int i = 0; i < known.length; i++) {
            if (known[i] != states.get(i) || !isKnown(i)) {
                restore(devices[i], states.get(i));
                know(i, states.get(i));
            }
        }
    }

    private void update(int i) {
        if (!isKnown(i)) {
            Record state = devices[i].state();
            know(i, state.equals(known[i]) ? known[i] : state);
        }
    }

    private boolean isKnown(int i) {
        boolean isKnown = changes[i] != Stateful.UNCOUNTED && changes[i] == devices[i].changes();
        assert !isKnown || known[i].equals(devices[i].state()) : devices[i].getClass() + " did not count a change of " + known[i];
        return isKnown;
    }

    private void know(int i, Record state) {
        known[i] = state;
        changes[i] = devices[i].changes();
    }

    @SuppressWarnings("unchecked")
    private static <S extends Record> Record essence(Stateful<S> device, Record state) {
        return device.essence((S) state);
    }

    @SuppressWarnings("unchecked")
    private static <S extends Record> void restore(Stateful<S> device, Record state) {
        device.restore((S) state);
    }
}
