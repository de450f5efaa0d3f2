package trapframe.timeline;

import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;

/** Runs a machine from its first instruction on, and writes down what comes to it, and hashes of its state on the way. */
public final class Recorder implements Runner, AutoCloseable {
    /** Up to this position the state is hashed at each mark, so that a short run has some hashes too. */
    private static final long DENSE = 1 << 26;

    /** Of the positions since the last hash, as many as this part of them must be code bytes, not waiting, for the next one to be worth it. */
    private static final int IDLE = 16;

    private final Machine machine;
    private final RecordingFile file;
    private long nextHash;
    /** Code bytes that were executed up to the last hash. */
    private long hashedBytes;

    /**
     * @param machine as it was made, before it ran
     * @param file    to write to; closed with this
     */
    public Recorder(Machine machine, RecordingFile file) {
        this.machine = machine;
        this.file = file;
        nextHash = hashAfter(machine.clock().position());
    }

    /** The positions at which the state is hashed: each mark first, each {@link #DENSE} positions then. */
    static long hashAfter(long position) {
        long step = position < DENSE ? Machine.MARK : DENSE;
        return position / step * step + step;
    }

    @Override
    public StopReason run(RunLimits limits) {
        while (true) {
            StopReason reason = machine.run(new RunLimits(Math.min(limits.position(), nextHash), limits.liveInput()));
            long position = machine.clock().position();
            if (position >= nextHash) {
                hash(position);
                nextHash = hashAfter(position);
            }
            if (!(reason instanceof StopReason.PositionLimit) || position >= limits.position()) {
                return reason;
            }
        }
    }

    private void hash(long position) {
        long bytes = position - machine.skippedPositions();
        if (bytes - hashedBytes >= (position < DENSE ? Machine.MARK : DENSE) / IDLE) {
            file.append(new Recording.Checked(position, Recording.Hash.of(machine)));
            hashedBytes = bytes;
        }
    }

    @Override
    public void apply(Input input) {
        file.append(new Recording.Applied(Moment.of(machine), input));
        input.applyTo(machine);
    }

    /**
     * The run is over.
     *
     * @param ending what the recording calls it
     * @param detail what it says of it to people
     */
    public void end(StopReason reason, String ending, String detail) {
        file.end(new Recording.Ended(Moment.of(machine), reason, ending, detail, Recording.Hash.of(machine)));
    }

    @Override
    public void close() {
        file.close();
    }
}
