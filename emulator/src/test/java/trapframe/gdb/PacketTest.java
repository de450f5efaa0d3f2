package trapframe.gdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Packets as "Debugging with GDB", appendix E, has them. */
class PacketTest {
    private static List<PacketReader.Item> items(byte[] bytes) throws IOException {
        PacketReader reader = new PacketReader(new ByteArrayInputStream(bytes));
        List<PacketReader.Item> items = new ArrayList<>();
        do {
            items.add(reader.next());
        } while (!(items.getLast() instanceof PacketReader.Item.End));
        return items;
    }

    private static List<String> texts(String bytes) throws IOException {
        return items(Packet.bytes(bytes)).stream().map(item -> item instanceof PacketReader.Item.Data(byte[] data)
                ? Packet.text(data) : item.getClass().getSimpleName()).toList();
    }

    @Test
    void aPacketIsFramedWithItsChecksum() {
        assertThat(Packet.text(Packet.frame(Packet.bytes("OK")))).isEqualTo("$OK#9a");
        assertThat(Packet.text(Packet.frame(new byte[0]))).isEqualTo("$#00");
    }

    @Test
    void packetsAcknowledgementsAndInterruptsAreToldApart() throws IOException {
        assertThat(texts("+$g#67-\3x$m0,4#fd$?#00")).containsExactly("Ack", "g", "Nak", "Interrupt", "m0,4", "Damaged", "End");
    }

    @Test
    void aPacketThatIsCutOffByAnotherOneIsForgotten() throws IOException {
        assertThat(texts("$m0,$g#67")).containsExactly("g", "End");
        assertThat(texts("$g#6")).containsExactly("End");
    }

    @Test
    void aPacketOfAnyLengthTakesNoMoreThanTheLongest() {
        InputStream endless = new InputStream() {
            private boolean begun;

            @Override
            public int read() {
                if (!begun) {
                    begun = true;
                    return '$';
                }
                return 'a';
            }
        };
        assertThatThrownBy(() -> new PacketReader(endless).next()).isInstanceOf(IOException.class)
                .hasMessage("a packet of more than 65536 bytes");
    }

    @Test
    void numbersThatAreNoneAreRefusedInOneLine() {
        assertThat(Packet.number("ffffffffffffffff")).isEqualTo(-1);
        for (String bad : new String[] {"", "x", "-1", "+1", "10000000000000000", " 1"}) {
            assertThatThrownBy(() -> Packet.number(bad)).isInstanceOf(RefusedException.class).hasMessageContaining("not a hexadecimal number");
        }
        assertThatThrownBy(() -> Packet.length("80000000")).isInstanceOf(RefusedException.class).hasMessage("too long: 80000000");
        assertThatThrownBy(() -> Packet.unhex("abc")).isInstanceOf(RefusedException.class);
    }

    @Property(tries = 500)
    void anyDataArrivesAsItWasSent(@ForAll byte[] data) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(Packet.frame(data));
        List<PacketReader.Item> items = items(bytes.toByteArray());

        assertThat(items).hasSize(2);
        assertThat(Packet.unescape(((PacketReader.Item.Data) items.getFirst()).data())).isEqualTo(data);
    }

    @Property(tries = 500)
    void anyBytesAreTakenApart(@ForAll byte[] bytes) throws IOException {
        assertThat(items(bytes).getLast()).isInstanceOf(PacketReader.Item.End.class);
    }
}
