package trapframe.timeline;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import trapframe.machine.Machine;
import trapframe.machine.StopReason;

/**
 * What a recording says of a run up to now: what came to the machine, and hashes of its state on the way. With a file it is there too, at
 * each moment. Where the run is left for another one, what was known behind is forgotten, in the file as well.
 */
public final class RunLog implements AutoCloseable {
    /** Up to this position the state is hashed at each mark, so that a short run has some hashes too. */
    private static final long DENSE = 1 << 26;

    /** Of the positions since the last hash, as many as this part of them must be code bytes, not waiting, for the next one to be worth it. */
    private static final int IDLE = 16;

    /** @param start how long the file was before it */
    private record Entry(Recording.Event event, long start) { }

    private final Machine machine;
    private final Optional<RecordingFile> file;
    private final List<Entry> entries = new ArrayList<>();
    private long nextHash;
    /** Code bytes that were executed up to the last hash. */
    private long hashedBytes;

    /**
     * @param machine as it was made, before it ran
     * @param file    to write to; closed with this
     */
    public RunLog(Machine machine, Optional<RecordingFile> file) {
        this.machine = machine;
        this.file = file;
        nextHash = hashAfter(machine.clock().position());
    }

    /** The positions at which the state is hashed, all of them marks: each mark first, each {@link #DENSE} positions then. */
    private static long hashAfter(long position) {
        long step = position < DENSE ? Machine.MARK : DENSE;
        return position / step * step + step;
    }

    /** The position at which the state is to be hashed next. */
    long nextHash() {
        return nextHash;
    }

    /** The file that it is written to. */
    public Optional<Path> file() {
        return file.map(RecordingFile::file);
    }

    /** How many inputs it has. */
    public long inputs() {
        return entries.stream().filter(entry -> entry.event instanceof Recording.Applied).count();
    }

    /** The machine has run: if it came to the next position for a hash, there is one. */
    void look() {
        long position = machine.clock().position();
        // A hash is of the first moment at its position.
        if (position < nextHash || machine.deliveriesHere() > 0) {
            return;
        }
        nextHash = hashAfter(position);
        long bytes = position - machine.skippedPositions();
        if (bytes - hashedBytes >= (position < DENSE ? Machine.MARK : DENSE) / IDLE) {
            add(new Recording.Checked(position, Recording.Hash.of(machine)));
            hashedBytes = bytes;
        }
    }

    /** Something comes to the machine now; what was known of the time behind is not true any more. */
    void input(Input input) {
        Moment now = Moment.of(machine);
        forgetAfter(now);
        add(new Recording.Applied(now, input));
    }

    private void forgetAfter(Moment now) {
        boolean forgets = false;
        while (!entries.isEmpty() && isAfter(entries.getLast().event, now)) {
            long start = entries.removeLast().start;
            file.ifPresent(recording -> recording.truncate(start));
            forgets = true;
        }
        if (forgets) {
            nextHash = hashAfter(now.position());
            hashedBytes = now.position() - machine.skippedPositions();
        }
    }

    private static boolean isAfter(Recording.Event event, Moment now) {
        return event.position() > now.position() || event instanceof Recording.Applied applied && now.isBefore(applied.moment());
    }

    private void add(Recording.Event event) {
        entries.add(new Entry(event, file.map(RecordingFile::size).orElse(0L)));
        file.ifPresent(recording -> recording.append(event));
    }

    /**
     * The run is over, here.
     *
     * @param ending what the recording calls it
     * @param detail what it says of it to people
     */
    public void end(StopReason reason, String ending, String detail) {
        file.ifPresent(recording -> recording.end(ended(reason, ending, detail)));
    }

    private Recording.Ended ended(StopReason reason, String ending, String detail) {
        return new Recording.Ended(Moment.of(machine), reason, ending, detail, Recording.Hash.of(machine));
    }

    /**
     * Writes a recording of the run up to now.
     *
     * @param target a file that is not there yet
     * @param ending what the recording calls that it goes no further
     * @param detail what it says of it to people
     * @throws TimelineException if it cannot be written
     */
    public void write(Path target, RunDescription run, String ending, String detail) {
        Moment now = Moment.of(machine);
        try (RecordingFile copy = RecordingFile.create(target, run)) {
            entries.stream().map(Entry::event).filter(event -> !isAfter(event, now)).forEach(copy::append);
            copy.end(ended(new StopReason.PositionLimit(), ending, detail));
        }
    }

    @Override
    public void close() {
        file.ifPresent(RecordingFile::close);
    }
}
