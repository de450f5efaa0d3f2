package trapframe.tests;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Writes an initramfs: a cpio archive in the "newc" format (Linux, Documentation/driver-api/early-userspace/
 * buffer-format.rst). Owner is root and time is 0, so that equal content gives equal bytes.
 */
final class CpioArchive {
    private static final String MAGIC = "070701";
    private static final int S_IFCHR = 0020000;
    private static final int S_IFDIR = 0040000;
    private static final int S_IFREG = 0100000;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private int inode;

    /** A folder with mode 0755. Its parent has to be in the archive before it. */
    CpioArchive folder(String name) {
        return entry(name, S_IFDIR | 0755, new byte[0], 0, 0);
    }

    /** An executable file. */
    CpioArchive program(String name, byte[] content) {
        return entry(name, S_IFREG | 0755, content, 0, 0);
    }

    CpioArchive characterDevice(String name, int major, int minor) {
        return entry(name, S_IFCHR | 0600, new byte[0], major, minor);
    }

    /** The whole archive, with its end mark. */
    byte[] build() {
        inode = -1;
        return entry("TRAILER!!!", 0, new byte[0], 0, 0).out.toByteArray();
    }

    private CpioArchive entry(String name, int mode, byte[] content, int major, int minor) {
        byte[] nameBytes = (name + '\0').getBytes(StandardCharsets.US_ASCII);
        inode++;
        // Inode, mode, user, group, links, time, size, device, device node, length of the name, checksum.
        int[] fields = {inode, mode, 0, 0, 1, 0, content.length, 0, 0, major, minor, nameBytes.length, 0};
        StringBuilder header = new StringBuilder(MAGIC);
        for (int field : fields) {
            header.append(String.format(Locale.ROOT, "%08X", field));
        }
        out.writeBytes(header.toString().getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(nameBytes);
        pad();
        out.writeBytes(content);
        pad();
        return this;
    }

    private void pad() {
        while (out.size() % 4 != 0) {
            out.write(0);
        }
    }
}
