package trapframe.junit;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import trapframe.device.drive.Drive;
import trapframe.machine.Machine;

/** What a drive of a guest holds, as the guest sees it. */
public final class Disk {
    private static final int PIECE_SECTORS = 2048;

    private final Machine machine;
    private final int number;

    Disk(Machine machine, int number) {
        if (number < 0 || number >= machine.spec().drives().size()) {
            throw new IllegalArgumentException("there is no drive " + number + ": the machine has " + machine.spec().drives().size());
        }
        this.machine = machine;
        this.number = number;
    }

    /** In bytes. */
    public long size() {
        return machine.driveSectors(number) * Drive.SECTOR;
    }

    /** Bytes from an offset on, all within the disk. */
    public byte[] bytes(long offset, int length) {
        long first = offset / Drive.SECTOR;
        long behind = (offset + length + Drive.SECTOR - 1) / Drive.SECTOR;
        byte[] sectors = machine.driveContent(number, first, (int) (behind - first));
        int start = (int) (offset - first * Drive.SECTOR);
        return Arrays.copyOfRange(sectors, start, start + length);
    }

    /** The offset of the first place that holds a text in UTF-8, or -1. */
    public long find(String text) {
        byte[] wanted = text.getBytes(StandardCharsets.UTF_8);
        long step = (long) PIECE_SECTORS * Drive.SECTOR;
        for (long at = 0; at < size(); at += step) {
            byte[] piece = bytes(at, (int) Math.min(step + wanted.length - 1, size() - at));
            for (int i = 0; i + wanted.length <= piece.length; i++) {
                if (Arrays.equals(piece, i, i + wanted.length, wanted, 0, wanted.length)) {
                    return at + i;
                }
            }
        }
        return -1;
    }
}
