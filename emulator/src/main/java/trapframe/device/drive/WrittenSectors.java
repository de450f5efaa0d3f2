package trapframe.device.drive;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The sectors that a guest wrote and that are kept in memory, in clusters of eight. A cluster is never changed, only replaced, so that a
 * list of clusters is what they were when it was made.
 */
final class WrittenSectors {
    static final int SECTOR = 512;
    static final int CLUSTER_SECTORS = 8;
    static final int CLUSTER = CLUSTER_SECTORS * SECTOR;

    private static final byte[] ZEROS = new byte[CLUSTER];

    /**
     * @param number  its first sector is {@code number * CLUSTER_SECTORS}
     * @param write   the number of the last write to it
     * @param present the sectors that were written, a bit each
     * @param bytes   what they hold; zeros elsewhere
     */
    record Cluster(long number, long write, int present, byte[] bytes) {
        /** Whether it was cleared as a whole, and not written since. */
        boolean isZero() {
            return bytes == ZEROS;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Cluster that && number == that.number && write == that.write && present == that.present
                    && Arrays.equals(bytes, that.bytes);
        }

        @Override
        public int hashCode() {
            return Long.hashCode(number) + Arrays.hashCode(bytes);
        }
    }

    /** Consecutive sectors that are not here. */
    record Gap(long sector, int count) {
    }

    private final TreeMap<Long, Cluster> clusters = new TreeMap<>();

    int clusterCount() {
        return clusters.size();
    }

    /** Replaces sectors; without bytes, by zeros. */
    void write(long sector, long count, byte[] bytes, long write) {
        for (long at = sector; at < sector + count; ) {
            long number = at / CLUSTER_SECTORS;
            int first = (int) (at % CLUSTER_SECTORS);
            int piece = (int) Math.min(CLUSTER_SECTORS - first, sector + count - at);
            int mask = (1 << piece) - 1 << first;
            Cluster old = clusters.get(number);
            byte[] content = ZEROS;
            if (bytes != null || piece < CLUSTER_SECTORS && old != null) {
                content = old == null ? new byte[CLUSTER] : old.bytes.clone();
                if (bytes == null) {
                    Arrays.fill(content, first * SECTOR, (first + piece) * SECTOR, (byte) 0);
                } else {
                    System.arraycopy(bytes, (int) (at - sector) * SECTOR, content, first * SECTOR, piece * SECTOR);
                }
            }
            clusters.put(number, new Cluster(number, write, mask | (old == null ? 0 : old.present), content));
            at += piece;
        }
    }

    /** Copies those of the sectors that are here, and returns what is missing, in order. */
    List<Gap> read(long sector, int count, byte[] into) {
        List<Gap> gaps = new ArrayList<>();
        for (long at = sector; at < sector + count; at++) {
            Cluster cluster = clusters.get(at / CLUSTER_SECTORS);
            int inside = (int) (at % CLUSTER_SECTORS);
            if (cluster != null && (cluster.present >> inside & 1) != 0) {
                System.arraycopy(cluster.bytes, inside * SECTOR, into, (int) (at - sector) * SECTOR, SECTOR);
            } else if (!gaps.isEmpty() && gaps.getLast().sector + gaps.getLast().count == at) {
                Gap last = gaps.removeLast();
                gaps.add(new Gap(last.sector, last.count + 1));
            } else {
                gaps.add(new Gap(at, 1));
            }
        }
        return gaps;
    }

    /** All clusters, in order. */
    List<Cluster> all() {
        return List.copyOf(clusters.values());
    }

    /** Those of a range of sectors, in order. */
    List<Cluster> in(long sector, long count) {
        return List.copyOf(clusters.subMap(sector / CLUSTER_SECTORS, true, (sector + count - 1) / CLUSTER_SECTORS, true).values());
    }

    /** Forgets the clusters whose last write is not after this one. */
    void forgetUpTo(long write) {
        clusters.values().removeIf(cluster -> cluster.write <= write);
    }

    /** Forgets what lies behind the end of a drive that became shorter. */
    void truncate(long sectors) {
        clusters.tailMap((sectors + CLUSTER_SECTORS - 1) / CLUSTER_SECTORS, true).clear();
        Map.Entry<Long, Cluster> last = clusters.lastEntry();
        if (last != null && (last.getKey() + 1) * CLUSTER_SECTORS > sectors) {
            Cluster old = last.getValue();
            int kept = (int) (sectors % CLUSTER_SECTORS);
            byte[] content = Arrays.copyOf(Arrays.copyOf(old.bytes, kept * SECTOR), CLUSTER);
            clusters.put(last.getKey(), new Cluster(old.number, old.write, old.present & (1 << kept) - 1, content));
        }
    }

    void replaceBy(List<Cluster> others) {
        clusters.clear();
        others.forEach(cluster -> clusters.put(cluster.number, cluster));
    }
}
