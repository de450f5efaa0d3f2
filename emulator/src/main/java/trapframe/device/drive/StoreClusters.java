package trapframe.device.drive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Writes clusters to the file, consecutive sectors at once. Zeros over what is zero already are not written, so that a file with holes
 * keeps them when the guest clears or discards large ranges.
 */
final class StoreClusters {
    private static final int MOST_BYTES = 1 << 20;

    private final HostFile file;
    private final List<WrittenSectors.Cluster> clusters;
    private final ByteBuffer run = ByteBuffer.allocate(MOST_BYTES);
    private long runStart;
    private boolean runIsZero;

    StoreClusters(HostFile file, List<WrittenSectors.Cluster> clusters) {
        this.file = file;
        this.clusters = clusters;
    }

    void run() throws IOException {
        for (WrittenSectors.Cluster cluster : clusters) {
            int sector = 0;
            while (cluster.present() >> sector != 0) {
                sector += Integer.numberOfTrailingZeros(cluster.present() >> sector);
                int count = Integer.numberOfTrailingZeros(~(cluster.present() >> sector));
                add(cluster, sector, count);
                sector += count;
            }
        }
        end();
    }

    private void add(WrittenSectors.Cluster cluster, int sector, int count) throws IOException {
        long at = (cluster.number() * WrittenSectors.CLUSTER_SECTORS + sector) * WrittenSectors.SECTOR;
        int length = count * WrittenSectors.SECTOR;
        if (at != runStart + run.position() || cluster.isZero() != runIsZero || run.remaining() < length) {
            end();
            runStart = at;
            runIsZero = cluster.isZero();
        }
        run.put(cluster.bytes(), sector * WrittenSectors.SECTOR, length);
    }

    private void end() throws IOException {
        run.flip();
        if (run.hasRemaining() && !(runIsZero && isZeroInFile(run.limit()))) {
            file.write(run, runStart);
        }
        run.clear();
    }

    private boolean isZeroInFile(int length) throws IOException {
        ByteBuffer there = ByteBuffer.allocate(length);
        file.read(there, runStart);
        return there.flip().mismatch(ByteBuffer.allocate(length)) < 0;
    }
}
