package trapframe.timeline;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import trapframe.cpu.CpuImage;
import trapframe.machine.Machine;
import trapframe.machine.Snapshot;
import trapframe.machine.Turns;
import trapframe.memory.RamImage;
import trapframe.codec.Codec;
import trapframe.codec.DamagedException;
import trapframe.codec.ByteReader;
import trapframe.codec.ByteWriter;

/** Snapshots of one machine as bytes, but for RAM. */
final class SnapshotCodec {
    /** What a snapshot has besides RAM and the devices, whose types differ. */
    private record Rest(long position, long skipped, Turns.State turns, List<CpuImage> cpus, List<Long> deadlines, List<long[]> counts) { }

    private static final Codec<Rest> REST = Codec.of(Rest.class);

    private final List<Codec<Record>> devices = new ArrayList<>();
    private final int cpus;
    private final int timers;
    private final List<Integer> counts;
    private final String shape;

    @SuppressWarnings("unchecked")
    SnapshotCodec(Machine machine) {
        Snapshot sample = machine.snapshot();
        StringBuilder text = new StringBuilder(REST.shape());
        for (Record state : sample.devices()) {
            devices.add((Codec<Record>) Codec.of(state.getClass()));
            text.append(state.getClass().getName()).append(devices.getLast().shape());
        }
        cpus = sample.cpus().size();
        timers = sample.deadlines().size();
        counts = sample.counts().stream().map(array -> array.length).toList();
        text.append(cpus).append(machine.timerNames()).append(counts);
        shape = HexFormat.of().formatHex(FileIdentity.newDigest().digest(text.toString().getBytes(StandardCharsets.UTF_8)));
    }

    /** A hash of what the bytes mean: of equal machines of one version of Trapframe it is equal. */
    String shape() {
        return shape;
    }

    byte[] toBytes(Snapshot snapshot) {
        ByteWriter writer = new ByteWriter();
        REST.write(new Rest(snapshot.position(), snapshot.skipped(), snapshot.turns(), snapshot.cpus(), snapshot.deadlines(),
                snapshot.counts()), writer);
        for (int i = 0; i < devices.size(); i++) {
            devices.get(i).write(snapshot.devices().get(i), writer);
        }
        return writer.toBytes();
    }

    /** @throws DamagedException if the bytes are no snapshot of the machine */
    Snapshot fromBytes(byte[] bytes, RamImage ram) {
        ByteReader reader = new ByteReader(bytes);
        Rest rest = REST.read(reader);
        if (rest.cpus.size() != cpus || rest.deadlines.size() != timers
                || !rest.counts.stream().map(array -> array.length).toList().equals(counts)) {
            throw new DamagedException("it is of another machine");
        }
        List<Record> states = new ArrayList<>();
        devices.forEach(device -> states.add(device.read(reader)));
        if (!reader.atEnd()) {
            throw new DamagedException("it is too long");
        }
        return new Snapshot(rest.position, rest.skipped, rest.turns, rest.cpus, Collections.unmodifiableList(states), rest.deadlines,
                rest.counts, ram);
    }
}
