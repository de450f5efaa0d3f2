package trapframe.gdb;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** The form of packets: {@code $data#checksum}, with some bytes escaped ("Overview" of the remote protocol). */
final class Packet {
    /** The longest data that a client may send, and that is sent; gdb is told. */
    static final int MAX_BYTES = 0x1_0000;
    static final char ESCAPE = '}';
    private static final int ESCAPE_XOR = 0x20;
    private static final HexFormat HEX = HexFormat.of();

    private Packet() { }

    /** The packet around data, with what must be escaped escaped. */
    static byte[] frame(byte[] data) {
        ByteArrayOutputStream packet = new ByteArrayOutputStream(data.length + 4);
        packet.write('$');
        int sum = 0;
        for (byte value : data) {
            if (value == '$' || value == '#' || value == ESCAPE || value == '*') {
                packet.write(ESCAPE);
                packet.write(value ^ ESCAPE_XOR);
                sum += ESCAPE + (value ^ ESCAPE_XOR);
            } else {
                packet.write(value);
                sum += value;
            }
        }
        packet.write('#');
        packet.writeBytes(HEX.toHexDigits((byte) sum).getBytes(StandardCharsets.ISO_8859_1));
        return packet.toByteArray();
    }

    /** Takes the escapes out; an escape that ends the data stands for nothing. */
    static byte[] unescape(byte[] data) {
        ByteArrayOutputStream plain = new ByteArrayOutputStream(data.length);
        for (int i = 0; i < data.length; i++) {
            if (data[i] != ESCAPE) {
                plain.write(data[i]);
            } else if (++i < data.length) {
                plain.write(data[i] ^ ESCAPE_XOR);
            }
        }
        return plain.toByteArray();
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** Bytes as hexadecimal digits, two each. */
    static String hex(byte[] bytes) {
        return HEX.formatHex(bytes);
    }

    /** Text as the hexadecimal digits of its UTF-8 bytes. */
    static String hexText(String text) {
        return hex(text.getBytes(StandardCharsets.UTF_8));
    }

    /** @throws RefusedException if it is not an even number of hexadecimal digits */
    static byte[] unhex(String digits) {
        try {
            return HEX.parseHex(digits);
        } catch (IllegalArgumentException e) {
            throw new RefusedException("not hexadecimal digits: " + shortened(digits));
        }
    }

    /** @throws RefusedException if it is no hexadecimal number of at most 64 bits */
    static long number(String digits) {
        try {
            if (!digits.isEmpty() && Character.digit(digits.charAt(0), 16) >= 0) {
                return Long.parseUnsignedLong(digits, 16);
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new RefusedException("not a hexadecimal number: " + shortened(digits));
    }

    /** A number that is to be small, such as a length. */
    static int length(String digits) {
        long value = number(digits);
        if (value < 0 || value > Integer.MAX_VALUE) {
            throw new RefusedException("too long: " + digits);
        }
        return (int) value;
    }

    private static String shortened(String text) {
        return text.length() <= 20 ? text : text.substring(0, 20) + "...";
    }
}
