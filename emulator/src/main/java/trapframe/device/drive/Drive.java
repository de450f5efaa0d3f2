package trapframe.device.drive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import trapframe.bus.Stateful;

/**
 * The content of one drive, in sectors of {@value #SECTOR} bytes: the file that it was made of, and over it what the guest wrote.
 *
 * <p>A write is in memory at once, and reaches the file by a flush, when {@value #MOST_CLUSTERS} clusters of 4 KiB wait, or when the
 * drive is closed. The file is written in whole sectors, so that a sector is always what one write made of it, even if the process
 * dies. After a flush is done the file holds everything that was written before it, durably. A snapshot keeps everything in memory.
 *
 * <p>Requests are worked on in the order in which they were made, whatever the host's speed: a read sees all writes before it.
 */
public final class Drive implements Stateful<Drive.State>, AutoCloseable {
    public static final int SECTOR = WrittenSectors.SECTOR;

    /** 64 MiB. */
    private static final int MOST_CLUSTERS = 16_384;
    private static final int DIGEST_PIECE = 1 << 20;

    /**
     * The drive, but for the file's content. What the guest wrote to the file is in it as a digest of all writes, in order.
     *
     * @param writes  made since power-on
     * @param stored  the last of them that the file is known to hold
     * @param history SHA-256 over the writes
     * @param handedOver the history up to the last write that the file may hold
     */
    public record State(long sectors, long baseSectors, long writes, long stored, String history, String handedOver,
                        List<WrittenSectors.Cluster> clusters) {
    }

    /** The content that the guest sees follows from the writes; where it is kept does not matter. */
    private record Content(long sectors, long baseSectors, long writes, String history) {
    }

    private final HostFile file;
    private final DriveSpec.Access access;
    private final DriveWorker worker;
    private final WrittenSectors written = new WrittenSectors();
    private final MessageDigest digest;
    private String history;
    private long sectors;
    /** The sectors that the file has, as far as the drive knows. */
    private long baseSectors;
    private long writes;
    private long stored;
    private long changes;
    private String handedOver;
    /** What was handed over last, also if the drive went back since: what restored states must have, too. */
    private String inFile;
    private volatile String failure = "";

    /**
     * Opens the file of a drive.
     *
     * @throws DriveException if it cannot be used
     */
    public static Drive open(DriveSpec spec, DriveWorker worker) {
        return new Drive(LockedFile.open(spec.file(), spec.access() == DriveSpec.Access.WRITE), spec.access(), worker);
    }

    /**
     * Makes a drive of an open file, which it closes.
     *
     * @throws DriveException if it has no whole number of sectors
     */
    public Drive(HostFile file, DriveSpec.Access access, DriveWorker worker) {
        this.file = file;
        this.access = access;
        this.worker = worker;
        try {
            digest = MessageDigest.getInstance("SHA-256");
            history = "";
            handedOver = history;
            inFile = history;
            sectors = sectorsOf(file);
            baseSectors = sectors;
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        } catch (DriveException e) {
            file.close();
            throw e;
        }
    }

    private static long sectorsOf(HostFile file) {
        long length;
        try {
            length = file.length();
        } catch (IOException e) {
            throw new DriveException(file.name() + ": cannot be read: " + e.getMessage());
        }
        if (length == 0) {
            throw new DriveException(file.name() + ": is empty");
        }
        if (length % SECTOR != 0) {
            throw new DriveException(file.name() + ": has " + length + " bytes, which is no whole number of sectors of " + SECTOR);
        }
        return length / SECTOR;
    }

    public boolean isReadOnly() {
        return access == DriveSpec.Access.READ_ONLY;
    }

    /** The capacity. */
    public long sectors() {
        return sectors;
    }

    /**
     * Reads all of the file as it is now.
     *
     * @return SHA-256 of its content
     * @throws DriveException if it cannot be read
     */
    public byte[] fileDigest() {
        try {
            MessageDigest content = MessageDigest.getInstance("SHA-256");
            long length = file.length();
            for (long at = 0; at < length; at += DIGEST_PIECE) {
                ByteBuffer piece = ByteBuffer.allocate((int) Math.min(DIGEST_PIECE, length - at));
                file.read(piece, at);
                content.update(piece.flip());
            }
            return content.digest();
        } catch (IOException e) {
            throw new DriveException(file.name() + ": cannot be read: " + e.getMessage());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /** What the host said when it last failed to read or write, with the file's name, or empty. For people. */
    public String failure() {
        return failure;
    }

    /** Reads sectors, which must be there. */
    public Transfer read(long sector, int count) {
        byte[] data = new byte[count * SECTOR];
        // The drive may become shorter before the host reads.
        long inBase = baseSectors;
        List<WrittenSectors.Gap> gaps = written.read(sector, count, data).stream()
                .filter(gap -> gap.sector() < inBase).toList();
        if (gaps.isEmpty()) {
            return Transfer.ended(true, data, 0);
        }
        return submit(() -> {
            for (WrittenSectors.Gap gap : gaps) {
                int length = (int) Math.min(gap.count(), inBase - gap.sector()) * SECTOR;
                file.read(ByteBuffer.wrap(data, (int) (gap.sector() - sector) * SECTOR, length), gap.sector() * SECTOR);
            }
        }, data, 0);
    }

    /**
     * Reads sectors, which must be there, for a look from outside.
     *
     * @throws DriveException if the host cannot
     */
    public byte[] content(long sector, int count) {
        if (sector < 0 || count < 0 || sector > sectors - count) {
            throw new IllegalArgumentException("sectors " + sector + " to " + (sector + count - 1) + " of a drive of " + sectors);
        }
        Transfer transfer = read(sector, count);
        if (!transfer.await()) {
            throw new DriveException(failure);
        }
        return transfer.data();
    }

    /**
     * Writes sectors, which must be there.
     *
     * @param durable whether it has to be in the file when it is done
     */
    public Transfer write(long sector, byte[] bytes, boolean durable) {
        return write(sector, bytes.length / SECTOR, bytes, durable);
    }

    /** Fills sectors, which must be there, with zeros. */
    public Transfer clear(long sector, long count, boolean durable) {
        return write(sector, count, null, durable);
    }

    private Transfer write(long sector, long count, byte[] bytes, boolean durable) {
        if (count > 0 && !makeRoom()) {
            return Transfer.ended(false, new byte[0], 0);
        }
        if (count > 0) {
            recordWrite(sector, bytes == null ? -count : count, bytes);
            written.write(sector, count, bytes, writes);
        }
        return durable ? flush() : Transfer.ended(true, new byte[0], 0);
    }

    private void recordWrite(long sector, long count, byte[] bytes) {
        changes++;
        writes++;
        digest.update(HexFormat.of().parseHex(history));
        digest.update(ByteBuffer.allocate(2 * Long.BYTES).putLong(sector).putLong(count).flip());
        history = HexFormat.of().formatHex(digest.digest(bytes == null ? new byte[0] : bytes));
    }

    /** Stores what waits if that is too much, and waits for it. False if the host cannot. */
    private boolean makeRoom() {
        if (access != DriveSpec.Access.WRITE || written.clusterCount() < MOST_CLUSTERS) {
            return true;
        }
        Transfer room = store(false);
        boolean done = room.await();
        end(room, done);
        return done;
    }

    /** Makes everything durable that was written before. */
    public Transfer flush() {
        return access == DriveSpec.Access.WRITE ? store(true) : Transfer.ended(true, new byte[0], 0);
    }

    private Transfer store(boolean force) {
        StoreClusters clusters = new StoreClusters(file, written.all());
        handOver();
        return submit(() -> {
            clusters.run();
            if (force) {
                file.force();
            }
        }, new byte[0], writes);
    }

    private void handOver() {
        changes++;
        handedOver = history;
        inFile = history;
    }

    /**
     * Tells the drive the outcome of a transfer, at the position where the guest hears of it. What a flush made durable is then no
     * longer kept in memory.
     */
    public void end(Transfer transfer, boolean done) {
        if (done && transfer.upTo() > 0) {
            changes++;
            stored = Math.max(stored, transfer.upTo());
            written.forgetUpTo(transfer.upTo());
        }
    }

    /**
     * Changes the capacity, which is an input of the run. New sectors are zero.
     *
     * @throws DriveException if the file cannot be made longer or shorter
     */
    public void resize(long newSectors) {
        if (newSectors < 1 || newSectors > Long.MAX_VALUE / SECTOR) {
            throw new IllegalArgumentException("a drive of " + newSectors + " sectors");
        }
        written.truncate(newSectors);
        recordWrite(newSectors, 0, null);
        if (access == DriveSpec.Access.WRITE) {
            // Goes to the file at once, and cannot be taken back either.
            handOver();
            if (!submit(() -> file.setLength(newSectors * SECTOR), new byte[0], 0).await()) {
                throw new DriveException(failure);
            }
            baseSectors = newSectors;
        }
        baseSectors = Math.min(baseSectors, newSectors);
        sectors = newSectors;
    }

    private interface FileWork {
        void run() throws IOException;
    }

    private Transfer submit(FileWork work, byte[] data, long upTo) {
        boolean[] failed = new boolean[1];
        DriveWorker.Job job = worker.submit(() -> {
            try {
                work.run();
            } catch (IOException e) {
                failed[0] = true;
                failure = file.name() + ": " + e.getMessage();
            }
        });
        return new Transfer(() -> {
            worker.await(job);
            return !failed[0];
        }, data, upTo);
    }

    /**
     * Stores what is not in the file yet, and closes it.
     *
     * @throws DriveException if that fails
     */
    @Override
    public void close() {
        try {
            if (written.clusterCount() > 0 && !flush().await()) {
                throw new DriveException(failure + " (what the guest wrote last is lost)");
            }
        } finally {
            file.close();
        }
    }

    @Override
    public long changes() {
        return changes;
    }

    @Override
    public State state() {
        return new State(sectors, baseSectors, writes, stored, history, handedOver, written.all());
    }

    /**
     * Checks that {@link #restore} can bring a state back. The file must hold what it held then, or all that was written until then, and
     * nothing else.
     *
     * @throws DriveException if it cannot
     */
    public void checkRestorable(State state) {
        if (!inFile.equals(state.handedOver) && !inFile.equals(state.history)) {
            throw new DriveException(file.name() + ": was written since; only a drive with snapshot=on can go back over that");
        }
    }

    @Override
    public Record essence(State state) {
        return new Content(state.sectors, state.baseSectors, state.writes, state.history);
    }

    @Override
    public void restore(State state) {
        checkRestorable(state);
        changes++;
        stored = state.stored;
        sectors = state.sectors;
        baseSectors = state.baseSectors;
        writes = state.writes;
        history = state.history;
        handedOver = state.handedOver;
        written.replaceBy(state.clusters);
    }
}
