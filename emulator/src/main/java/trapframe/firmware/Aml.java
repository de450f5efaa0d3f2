package trapframe.firmware;

import java.nio.charset.StandardCharsets;

/** Encodes terms of the ACPI machine language (ACPI 6.5, chapter 20), as many kinds as {@link Dsdt} uses. */
final class Aml {
    private static final int ZERO = 0x00;
    private static final int ONE = 0x01;
    private static final int NAME = 0x08;
    private static final int BYTE = 0x0a;
    private static final int WORD = 0x0b;
    private static final int DWORD = 0x0c;
    private static final int STRING = 0x0d;
    private static final int QWORD = 0x0e;
    private static final int SCOPE = 0x10;
    private static final int BUFFER = 0x11;
    private static final int PACKAGE = 0x12;
    private static final int METHOD = 0x14;
    private static final int DUAL_NAME = 0x2e;
    private static final int MULTI_NAME = 0x2f;
    private static final int EXTENDED = 0x5b;
    private static final int ARGUMENT_0 = 0x68;
    private static final int STORE = 0x70;
    private static final int DEVICE = 0x82;
    private static final int IF = 0xa0;
    private static final int RETURN = 0xa4;

    private static final int SEGMENT = 4;

    private Aml() { }

    /** {@code Scope (path) { terms }}. */
    static byte[] scope(String path, byte[]... terms) {
        return new TableBytes().u8(SCOPE).bytes(sized(join(path(path), terms))).build();
    }

    /** {@code Device (path) { terms }}. */
    static byte[] device(String path, byte[]... terms) {
        return new TableBytes().u8(EXTENDED, DEVICE).bytes(sized(join(path(path), terms))).build();
    }

    /** {@code Name (path, value)}. */
    static byte[] name(String path, byte[] value) {
        return new TableBytes().u8(NAME).bytes(path(path)).bytes(value).build();
    }

    /** {@code Method (path, arguments) { terms }}. */
    static byte[] method(String path, int arguments, byte[]... terms) {
        byte[] head = new TableBytes().bytes(path(path)).u8(arguments).build();
        return new TableBytes().u8(METHOD).bytes(sized(join(head, terms))).build();
    }

    /** {@code If (predicate) { terms }}. */
    static byte[] when(byte[] predicate, byte[]... terms) {
        return new TableBytes().u8(IF).bytes(sized(join(predicate, terms))).build();
    }

    /** {@code Return (value)}. */
    static byte[] giveBack(byte[] value) {
        return new TableBytes().u8(RETURN).bytes(value).build();
    }

    /** {@code Store (Arg0, target)}. */
    static byte[] storeArgument(String target) {
        return new TableBytes().u8(STORE, ARGUMENT_0).bytes(path(target)).build();
    }

    /** {@code Package () { elements }}; at most 255. */
    static byte[] list(byte[]... elements) {
        byte[] count = {(byte) elements.length};
        return new TableBytes().u8(PACKAGE).bytes(sized(join(count, elements))).build();
    }

    static byte[] buffer(byte[] content) {
        return new TableBytes().u8(BUFFER).bytes(sized(join(integer(content.length), content))).build();
    }

    /** An unsigned integer, in as few bytes as it takes. */
    static byte[] integer(long value) {
        TableBytes bytes = new TableBytes();
        if (value == 0) {
            bytes.u8(ZERO);
        } else if (value == 1) {
            bytes.u8(ONE);
        } else if (value >>> 8 == 0) {
            bytes.u8(BYTE).number(value, Byte.BYTES);
        } else if (value >>> 16 == 0) {
            bytes.u8(WORD).number(value, Short.BYTES);
        } else if (value >>> 32 == 0) {
            bytes.u8(DWORD).number(value, Integer.BYTES);
        } else {
            bytes.u8(QWORD).number(value, Long.BYTES);
        }
        return bytes.build();
    }

    static byte[] string(String text) {
        return new TableBytes().u8(STRING).text(text, text.length()).u8(0).build();
    }

    /** {@code EisaId (id)}: three letters and four hexadecimal digits, packed (ACPI 6.5, section 19.3.4). */
    static byte[] eisaId(String id) {
        int letters = id.charAt(0) - '@' << 10 | id.charAt(1) - '@' << 5 | id.charAt(2) - '@';
        return integer(Integer.toUnsignedLong(
                Integer.reverseBytes(letters << 16 | Integer.parseInt(id.substring(3), 16))));
    }

    /** A name: segments of up to four characters, separated by dots, from the root if it starts with a backslash. */
    static byte[] path(String path) {
        TableBytes bytes = new TableBytes();
        boolean fromRoot = path.startsWith("\\");
        if (fromRoot) {
            bytes.u8('\\');
        }
        String[] segments = (fromRoot ? path.substring(1) : path).split("\\.");
        if (segments.length == 2) {
            bytes.u8(DUAL_NAME);
        } else if (segments.length > 2) {
            bytes.u8(MULTI_NAME, segments.length);
        }
        for (String segment : segments) {
            String padded = segment + "_".repeat(SEGMENT - segment.length());
            bytes.bytes(padded.getBytes(StandardCharsets.US_ASCII));
        }
        return bytes.build();
    }

    private static byte[] join(byte[] first, byte[]... others) {
        TableBytes bytes = new TableBytes().bytes(first);
        for (byte[] other : others) {
            bytes.bytes(other);
        }
        return bytes.build();
    }

    /** Puts a PkgLength, which counts itself too, before the content (section 20.2.4). */
    private static byte[] sized(byte[] content) {
        TableBytes bytes = new TableBytes();
        if (content.length + 1 < 1 << 6) {
            bytes.u8(content.length + 1);
        } else {
            int more = content.length + 2 < 1 << 12 ? 1 : content.length + 3 < 1 << 20 ? 2 : 3;
            int length = content.length + 1 + more;
            bytes.u8(more << 6 | length & 0xf).number(length >> 4, more);
        }
        return bytes.bytes(content).build();
    }
}
