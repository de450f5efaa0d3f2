package trapframe.tests;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes a disk image with a FAT12 or FAT16 file system (Microsoft, "FAT32 File System Specification", 1.03). Files are scattered, each cluster
 * of one followed by a free one, so that a reader has to follow the chains.
 */
final class FatImage {
    private static final int SECTOR = 512;
    private static final int ENTRY = 32;
    private static final int ROOT_ENTRIES = 64;
    private static final int RESERVED = 2;
    private static final int FATS = 2;
    private static final int FOLDER = 0x10;
    private static final int ARCHIVE = 0x20;
    private static final int LONG_NAME = 0x0f;
    private static final int LONG_CHARACTERS = 13;
    private static final int[] LONG_OFFSETS = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};

    private final boolean fat12;
    private final int clusterSectors;
    private final int start;
    private final int fatSectors;
    private final ByteBuffer image;
    private int nextCluster = 2;

    /** A folder to which files are added. Its cluster is 0 for the root. */
    final class Folder {
        private final int cluster;
        private final int offset;
        private int used;

        private Folder(int cluster, int offset) {
            this.cluster = cluster;
            this.offset = offset;
        }

        /** A file with a name in capitals of at most eight and three characters. */
        Folder file(String name, byte[] content) {
            entry(shortName(name), ARCHIVE, store(content), content.length);
            return this;
        }

        /** A file with any name, and a short one beside it. */
        Folder file(String longName, String name, byte[] content) {
            longName(longName, shortName(name));
            return file(name, content);
        }

        Folder folder(String name) {
            int child = store(new byte[clusterSectors * SECTOR]);
            entry(shortName(name), FOLDER, child, 0);
            Folder folder = new Folder(child, clusterOffset(child));
            folder.entry(padded("."), FOLDER, child, 0);
            folder.entry(padded(".."), FOLDER, cluster, 0);
            return folder;
        }

        private void entry(byte[] name, int attributes, int firstCluster, int size) {
            int at = offset + used++ * ENTRY;
            image.put(at, name).put(at + 11, (byte) attributes).putShort(at + 26, (short) firstCluster).putInt(at + 28, size);
        }

        private void longName(String name, byte[] shortName) {
            int parts = (name.length() + LONG_CHARACTERS) / LONG_CHARACTERS;
            for (int part = parts; part > 0; part--) {
                int at = offset + used++ * ENTRY;
                image.put(at, (byte) (part | (part == parts ? 0x40 : 0))).put(at + 11, (byte) LONG_NAME).put(at + 13, checksum(shortName));
                for (int i = 0; i < LONG_CHARACTERS; i++) {
                    int index = (part - 1) * LONG_CHARACTERS + i;
                    int character = index < name.length() ? name.charAt(index) : index == name.length() ? 0 : 0xffff;
                    image.putShort(at + LONG_OFFSETS[i], (short) character);
                }
            }
        }
    }

    private FatImage(boolean fat12, int clusters, int clusterSectors, int start) {
        this.fat12 = fat12;
        this.clusterSectors = clusterSectors;
        this.start = start;
        fatSectors = ((clusters + 2) * (fat12 ? 12 : 16) / 8 + SECTOR) / SECTOR;
        int sectors = dataStart() + clusters * clusterSectors;
        image = ByteBuffer.allocate((start + sectors) * SECTOR).order(ByteOrder.LITTLE_ENDIAN);
        int boot = start * SECTOR;
        image.putShort(boot + 11, (short) SECTOR).put(boot + 13, (byte) clusterSectors).putShort(boot + 14, (short) RESERVED)
                .put(boot + 16, (byte) FATS).putShort(boot + 17, (short) ROOT_ENTRIES).putShort(boot + 19, (short) sectors)
                .putShort(boot + 22, (short) fatSectors).putShort(boot + 510, (short) 0xaa55);
        if (start > 0) {
            image.put(446 + 4, (byte) 0x06).putInt(446 + 8, start).putInt(446 + 12, sectors).putShort(510, (short) 0xaa55);
        }
    }

    static FatImage fat16() {
        return new FatImage(false, 4200, 1, 0);
    }

    static FatImage fat12() {
        return new FatImage(true, 300, 4, 0);
    }

    /** FAT16 in the first partition. */
    static FatImage partitioned() {
        return new FatImage(false, 4200, 2, 63);
    }

    Folder root() {
        return new Folder(0, (start + RESERVED + FATS * fatSectors) * SECTOR);
    }

    byte[] build() {
        return image.array();
    }

    private int dataStart() {
        return RESERVED + FATS * fatSectors + ROOT_ENTRIES * ENTRY / SECTOR;
    }

    private int clusterOffset(int cluster) {
        return (start + dataStart() + (cluster - 2) * clusterSectors) * SECTOR;
    }

    /** Puts content into every second cluster and gives the first one; 0 if there is no content. */
    private int store(byte[] content) {
        int size = clusterSectors * SECTOR;
        int count = (content.length + size - 1) / size;
        int first = count == 0 ? 0 : nextCluster;
        for (int i = 0; i < count; i++) {
            image.put(clusterOffset(nextCluster), Arrays.copyOfRange(content, i * size, Math.min((i + 1) * size, content.length)));
            link(nextCluster, i == count - 1 ? 0xffff : nextCluster + 2);
            nextCluster += 2;
        }
        return first;
    }

    private void link(int cluster, int next) {
        for (int fat = 0; fat < FATS; fat++) {
            int at = (start + RESERVED + fat * fatSectors) * SECTOR;
            if (fat12) {
                at += cluster + cluster / 2;
                int before = image.getShort(at) & 0xffff;
                image.putShort(at, (short) (cluster % 2 == 0 ? before & 0xf000 | next & 0xfff : before & 0xf | (next & 0xfff) << 4));
            } else {
                image.putShort(at + 2 * cluster, (short) next);
            }
        }
    }

    private static byte[] shortName(String name) {
        int dot = name.indexOf('.');
        String base = dot < 0 ? name : name.substring(0, dot);
        String extension = dot < 0 ? "" : name.substring(dot + 1);
        return "%-8s%-3s".formatted(base, extension).getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] padded(String name) {
        return "%-11s".formatted(name).getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte checksum(byte[] shortName) {
        int sum = 0;
        for (byte c : shortName) {
            sum = (sum >> 1 | sum << 7) + c & 0xff;
        }
        return (byte) sum;
    }
}
