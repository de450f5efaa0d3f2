package trapframe.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

import trapframe.firmware.Firmware;
import trapframe.firmware.Platform;
import trapframe.memory.GuestMemory;

/** Tiny images of each format, built field by field, and helpers to read back what a loader wrote. */
final class Images {
    static final long MIB = 1 << 20;
    static final int CODE_BYTE = 0xcc;

    private Images() { }

    /** What the firmware of a machine with so much memory says. */
    static Firmware firmware(GuestMemory ram) {
        return new Firmware(new Platform(ram.size(), 1, 0, 0, List.of()));
    }

    static ByteBuffer buffer(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** An ELF file with one note segment and load segments of 0x100 file bytes. */
    static final class Elf {
        static final int CODE_OFFSET = 0x1000;
        static final int CODE_SIZE = 0x100;
        private static final int NOTE_OFFSET = 0x800;

        boolean is64 = true;
        int machine = 62;
        int type = 2;
        long entry = 0x10_0000;
        byte[] note = note("Xen\0", 18, int32(0x10_0010));
        int noteAlign = 4;
        long[][] segments = {{0x10_0000, 0x10_0000, 0x2000}};
        MultibootFields multiboot;
        /** Characters in the first segment. */
        String text = "";

        static byte[] int32(int value) {
            return buffer(4).putInt(value).array();
        }

        static byte[] int64(long value) {
            return buffer(8).putLong(value).array();
        }

        static byte[] note(String name, int noteType, byte[] descriptor) {
            return noteAligned(name, noteType, descriptor, 4);
        }

        static byte[] noteAligned(String name, int noteType, byte[] descriptor, int align) {
            int descriptorAt = up(12 + name.length(), align);
            ByteBuffer b = buffer(descriptorAt + up(descriptor.length, align));
            b.putInt(name.length()).putInt(descriptor.length).putInt(noteType);
            b.put(name.getBytes(StandardCharsets.ISO_8859_1));
            b.put(descriptorAt, descriptor);
            return b.array();
        }

        private static int up(int value, int align) {
            return (value + align - 1) / align * align;
        }

        byte[] build() {
            int headers = segments.length + (note == null ? 0 : 1);
            ByteBuffer b = buffer(CODE_OFFSET + CODE_SIZE * segments.length);
            b.put(new byte[] {0x7f, 'E', 'L', 'F', (byte) (is64 ? 2 : 1), 1, 1});
            b.putShort(16, (short) type).putShort(18, (short) machine).putInt(20, 1);
            if (is64) {
                b.putLong(24, entry).putLong(32, 64).putShort(54, (short) 56).putShort(56, (short) headers);
            } else {
                b.putInt(24, (int) entry).putInt(28, 52).putShort(42, (short) 32).putShort(44, (short) headers);
            }
            int at = is64 ? 64 : 52;
            for (int i = 0; i < segments.length; i++) {
                header(b, at, 1, CODE_OFFSET + i * CODE_SIZE, segments[i][0], segments[i][1], CODE_SIZE, segments[i][2],
                        0x1000);
                at += is64 ? 56 : 32;
                Arrays.fill(b.array(), CODE_OFFSET + i * CODE_SIZE, CODE_OFFSET + (i + 1) * CODE_SIZE,
                        (byte) (CODE_BYTE + i));
            }
            if (note != null) {
                b.put(NOTE_OFFSET, note);
                header(b, at, 4, NOTE_OFFSET, 0, 0, note.length, note.length, noteAlign);
            }
            if (multiboot != null) {
                multiboot.put(b, CODE_OFFSET);
            }
            b.put(Math.min(CODE_OFFSET + CODE_SIZE, b.limit()) - text.length(), text.getBytes(StandardCharsets.ISO_8859_1));
            return b.array();
        }

        private void header(ByteBuffer b, int at, int headerType, long offset, long virtual, long physical,
                            long fileSize, long size, long align) {
            if (is64) {
                b.putInt(at, headerType).putLong(at + 8, offset).putLong(at + 16, virtual).putLong(at + 24, physical)
                        .putLong(at + 32, fileSize).putLong(at + 40, size).putLong(at + 48, align);
            } else {
                b.putInt(at, headerType).putInt(at + 4, (int) offset).putInt(at + 8, (int) virtual)
                        .putInt(at + 12, (int) physical).putInt(at + 16, (int) fileSize).putInt(at + 20, (int) size)
                        .putInt(at + 28, (int) align);
            }
        }
    }

    /** A Multiboot header; the address fields count if flag bit 16 is set. */
    static final class MultibootFields {
        int flags = 3;
        int header;
        int load;
        int loadEnd;
        int bssEnd;
        int entry;

        void put(ByteBuffer b, int at) {
            b.putInt(at, 0x1bad_b002).putInt(at + 4, flags).putInt(at + 8, -(0x1bad_b002 + flags));
            b.putInt(at + 12, header).putInt(at + 16, load).putInt(at + 20, loadEnd).putInt(at + 24, bssEnd)
                    .putInt(at + 28, entry);
        }
    }

    /** A flat Multiboot file with its header at 0x40, loaded at 1 MiB from the file's start. */
    static MultibootFields flatFields() {
        MultibootFields fields = new MultibootFields();
        fields.flags = 0x1_0003;
        fields.load = 0x10_0000;
        fields.header = 0x10_0040;
        fields.loadEnd = 0x10_0200;
        fields.bssEnd = 0x10_3000;
        fields.entry = 0x10_0080;
        return fields;
    }

    static byte[] flat(MultibootFields fields) {
        ByteBuffer b = buffer(0x300);
        Arrays.fill(b.array(), (byte) CODE_BYTE);
        fields.put(b, 0x40);
        return b.array();
    }

    /** A bzImage of one setup sector and 0x1000 bytes of code. */
    static final class BzImage {
        static final int CODE_OFFSET = 1024;
        static final int CODE_SIZE = 0x1000;

        int version = 0x20f;
        int loadFlags = 0xe1;
        int xloadFlags = 1;
        int alignment = 0x20_0000;
        int relocatable = 1;
        long prefAddress = 0x100_0000;
        int initSize = 0x30_0000;
        int commandLineSize = 2047;
        int initrdAddressMax = 0x7fff_ffff;
        int jump = 0x6a;
        int sysSize = CODE_SIZE / 16;

        byte[] build() {
            ByteBuffer b = buffer(CODE_OFFSET + CODE_SIZE);
            Arrays.fill(b.array(), 0, 0x1f1, (byte) 0xff);
            b.put(0x1f1, (byte) 1).putInt(0x1f4, sysSize).putShort(0x1fe, (short) 0xaa55);
            b.put(0x200, (byte) 0xeb).put(0x201, (byte) jump).putInt(0x202, 0x5372_6448).putShort(0x206, (short) version);
            b.put(0x211, (byte) loadFlags).putInt(0x214, 0x10_0000).putInt(0x22c, initrdAddressMax);
            b.putInt(0x230, alignment).put(0x234, (byte) relocatable).putShort(0x236, (short) xloadFlags);
            b.putInt(0x238, commandLineSize).putLong(0x258, prefAddress).putInt(0x260, initSize);
            Arrays.fill(b.array(), CODE_OFFSET, CODE_OFFSET + CODE_SIZE, (byte) CODE_BYTE);
            return b.array();
        }
    }

    static ImageFile file(byte[] bytes) {
        return ImageFile.of("images/kernel", bytes);
    }

    static BootImage parse(byte[] bytes) {
        return BootImage.parse(file(bytes));
    }

    static BootModule module(String name, int size, String arguments) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (i * 7 + 1);
        }
        return new BootModule(ImageFile.of(name, bytes), arguments);
    }

    static String stringAt(GuestMemory ram, long address) {
        int length = 0;
        while (ram.getByte(address + length) != 0) {
            length++;
        }
        return new String(ram.read(address, length), StandardCharsets.UTF_8);
    }
}
