package trapframe.gdb;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;

/** Takes a client's bytes apart. Whatever comes, it holds no more than the longest packet. */
final class PacketReader {
    private static final int END = -1;

    /** What comes from a client. */
    sealed interface Item {
        /** @param data as it was sent, escapes included */
        record Data(byte[] data) implements Item { }

        /** A packet whose checksum is wrong. */
        record Damaged() implements Item { }

        record Ack() implements Item { }

        /** The last packet did not arrive well. */
        record Nak() implements Item { }

        /** The client wants the machine to stop. */
        record Interrupt() implements Item { }

        /** Nothing more comes. */
        record End() implements Item { }
    }

    private final InputStream input;

    PacketReader(InputStream input) {
        this.input = input;
    }

    /**
     * Waits for the next item. Bytes that belong to none are passed over.
     *
     * @throws IOException if the connection breaks, or a packet is longer than any that a client may send
     */
    Item next() throws IOException {
        while (true) {
            switch (input.read()) {
                case END -> {
                    return new Item.End();
                }
                case '+' -> {
                    return new Item.Ack();
                }
                case '-' -> {
                    return new Item.Nak();
                }
                case 3 -> {
                    return new Item.Interrupt();
                }
                case '$' -> {
                    return data();
                }
                default -> { }
            }
        }
    }

    private Item data() throws IOException {
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        int sum = 0;
        while (true) {
            int value = input.read();
            if (value == END) {
                return new Item.End();
            }
            if (value == '#') {
                int high = input.read();
                int low = input.read();
                if (high == END || low == END) {
                    return new Item.End();
                }
                boolean good = Character.digit(high, 16) << 4 == (sum & 0xf0) && Character.digit(low, 16) == (sum & 0xf);
                return good ? new Item.Data(data.toByteArray()) : new Item.Damaged();
            }
            if (value == '$') {
                // A packet was cut off, and this is the next one.
                data.reset();
                sum = 0;
                continue;
            }
            if (data.size() == Packet.MAX_BYTES) {
                throw new IOException("a packet of more than " + Packet.MAX_BYTES + " bytes");
            }
            data.write(value);
            sum += value;
        }
    }
}
