package trapframe.timeline;

import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import trapframe.codec.Codec;
import trapframe.codec.DamagedException;
import trapframe.device.drive.DriveSpec;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.Snapshot;
import trapframe.memory.GuestMemory;
import trapframe.memory.RamImage;

/**
 * Snapshots as files, for any machine with the same description and the same version of Trapframe.
 *
 * <p>A file is a {@link FirstLine}, a header, and compressed by Zstandard the state and the pages of RAM that are not zero; at its end
 * SHA-256 of all that. It is used only if all of it is as it was written.
 */
public final class SnapshotFile {
    private static final int MAX_HEADER = 1 << 20;
    private static final int MAX_STATE = 1 << 30;
    private static final int CHECKSUM_BYTES = 32;
    private static final int LEVEL = 1;
    /** A decompressor's window takes 8 MiB at most; level 1 needs less. */
    private static final int MAX_WINDOW_BITS = 23;
    private static final int LAST_PAGE = -1;

    /** What a machine has to be to take a snapshot. The drives' files are told by SHA-256 of their content. */
    private record Header(MachineSpec spec, List<String> drives, String shape, int pages) { }

    private static final Codec<Header> HEADER = Codec.of(Header.class);
    private static final FirstLine FIRST_LINE = FirstLine.of("snapshot", HEADER);

    private final Machine machine;
    private final SnapshotCodec codec;
    private final Header header;

    /**
     * For the snapshots of a machine.
     *
     * @throws TimelineException if its drives' files change while it runs, or cannot be read
     */
    public SnapshotFile(Machine machine) {
        this.machine = machine;
        for (DriveSpec drive : machine.spec().drives()) {
            if (drive.access() == DriveSpec.Access.WRITE) {
                throw TimelineException.of(drive.file(), "the guest may write to this drive; snapshot=on keeps that in memory, and so in"
                        + " snapshots");
            }
        }
        codec = new SnapshotCodec(machine);
        List<String> drives = machine.driveFileDigests().stream().map(HexFormat.of()::formatHex).toList();
        header = new Header(withoutPaths(machine.spec()), drives, codec.shape(),
                (int) (machine.spec().memoryBytes() / GuestMemory.PAGE_SIZE));
    }

    private static MachineSpec withoutPaths(MachineSpec spec) {
        return spec.withDrives(spec.drives().stream().map(drive -> new DriveSpec(Path.of(""), drive.access(), drive.bus()))
                .toArray(DriveSpec[]::new));
    }

    /**
     * Writes a snapshot of the machine; a file of that name is replaced when all is written.
     *
     * @throws TimelineException if the file cannot be written
     */
    public void write(Snapshot snapshot, Path file) {
        Path unfinished = file.resolveSibling(file.getFileName() + ".part");
        MessageDigest digest = FileIdentity.newDigest();
        try {
            try (BufferedOutputStream raw = new BufferedOutputStream(Files.newOutputStream(unfinished), 1 << 16)) {
                DataOutputStream out = new DataOutputStream(new DigestOutputStream(raw, digest));
                out.write(FIRST_LINE.bytes());
                byte[] head = HEADER.toBytes(header);
                out.writeInt(head.length);
                out.write(head);
                DataOutputStream compressed = new DataOutputStream(new ZstdOutputStream(out, LEVEL).setCloseFrameOnFlush(false));
                writeContent(snapshot, compressed);
                compressed.close();
            }
            Files.write(unfinished, digest.digest(), StandardOpenOption.APPEND);
            Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw TimelineException.of(file, "cannot be written", e);
        } finally {
            delete(unfinished);
        }
    }

    private static void delete(Path unfinished) {
        try {
            Files.deleteIfExists(unfinished);
        } catch (IOException _) {
            // It stays, under a name that says that it is unfinished.
        }
    }

    private void writeContent(Snapshot snapshot, DataOutputStream out) throws IOException {
        byte[] state = codec.toBytes(snapshot);
        out.writeInt(state.length);
        out.write(state);
        for (int number = 0; number < snapshot.ram().pages(); number++) {
            byte[] page = snapshot.ram().page(number);
            if (page != null) {
                out.writeInt(number);
                out.write(page);
            }
        }
        out.writeInt(LAST_PAGE);
    }

    /**
     * Reads a snapshot of a machine like this one.
     *
     * @throws TimelineException if it cannot be read, is damaged, or is of another machine or version
     */
    public Snapshot read(Path file) {
        try (InputStream raw = Files.newInputStream(file)) {
            long length = Files.size(file) - CHECKSUM_BYTES;
            MessageDigest digest = FileIdentity.newDigest();
            DataInputStream in = new DataInputStream(new DigestInputStream(new LimitedStream(raw, Math.max(0, length)), digest));
            FIRST_LINE.check(in, file);
            byte[] head = in.readNBytes(atMost(in.readInt(), MAX_HEADER));
            check(HEADER.fromBytes(head), file);
            DataInputStream content = new DataInputStream(new ZstdInputStream(in).setLongMax(MAX_WINDOW_BITS));
            byte[] state = content.readNBytes(atMost(content.readInt(), MAX_STATE));
            RamImage ram = readPages(content);
            if (content.read() >= 0 || in.read() >= 0 || !Arrays.equals(raw.readNBytes(CHECKSUM_BYTES + 1), digest.digest())) {
                throw new DamagedException("its checksum is wrong");
            }
            return codec.fromBytes(state, ram);
        } catch (DamagedException e) {
            throw TimelineException.of(file, "is damaged: " + e.getMessage());
        } catch (EOFException e) {
            throw TimelineException.of(file, "is damaged: it ends too early");
        } catch (ZstdIOException e) {
            throw TimelineException.of(file, "is damaged: " + e.getMessage());
        } catch (IOException e) {
            throw TimelineException.of(file, "cannot be read", e);
        }
    }

    private static int atMost(int length, int most) {
        if (length < 0 || length > most) {
            throw new DamagedException("a length is out of its range");
        }
        return length;
    }

    private RamImage readPages(DataInputStream in) throws IOException {
        RamImage.Builder ram = RamImage.builder(header.pages);
        int last = -1;
        for (int number = in.readInt(); number != LAST_PAGE; number = in.readInt()) {
            if (number <= last || number >= header.pages) {
                throw new DamagedException("a page is in the wrong place");
            }
            last = number;
            byte[] page = new byte[GuestMemory.PAGE_SIZE];
            in.readFully(page);
            ram.set(number, page);
        }
        return ram.build();
    }

    private void check(Header other, Path file) {
        if (!other.spec.equals(header.spec)) {
            throw TimelineException.of(file, "is of a machine with another description: " + other.spec + ", not " + header.spec);
        }
        if (!other.drives.equals(header.drives)) {
            throw TimelineException.of(file, "is of a machine whose drives had another content");
        }
        if (!other.shape.equals(header.shape)) {
            throw TimelineException.of(file, "was made by another build of Trapframe");
        }
    }

    /** Reads a snapshot and makes the machine what it says. The machine is left as it is if that fails. */
    public void restore(Path file) {
        Snapshot target = read(file);
        Snapshot before = machine.snapshot();
        try {
            machine.restore(target);
        } catch (RuntimeException e) {
            machine.restore(before);
            throw TimelineException.of(file, "is damaged: it says what cannot be");
        }
    }
}
