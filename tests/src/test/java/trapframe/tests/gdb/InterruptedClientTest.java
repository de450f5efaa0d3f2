package trapframe.tests.gdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.machine.Machine;
import trapframe.symbols.KernelSymbols;

/** An interrupt ends whatever takes time; what went back is then where it began. */
class InterruptedClientTest {
    private static final String INTERRUPTED = "T02thread:";
    private static final long CODE = KernelSymbols.open(GdbSession.SPROUT).address("kernel_main").orElseThrow();
    /** Behind much work, with tasks that spin for ever: no run is over before it is interrupted. */
    private static final String LATE = "goto 230000000";

    private Machine machine;
    private GdbSession.Served served;
    private RawClient client;

    @BeforeEach
    void serve() throws IOException {
        machine = GdbSession.sprout("crash=hang", 1);
        served = GdbSession.Served.of(machine);
        client = new RawClient(served.server().port());
    }

    @AfterEach
    void close() throws IOException, InterruptedException {
        client.close();
        served.end();
        machine.close();
    }

    private void sendWithInterrupt(String packet) throws IOException {
        client.send((RawClient.framed(packet) + "\u0003").getBytes(StandardCharsets.ISO_8859_1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"bc", "vCont;c", "vCont;r0,ffffffffffffffff:1"})
    void whatMovesTheMachineEnds(String packet) throws Exception {
        client.monitor(LATE);
        String before = client.monitor("position");
        // An instruction that is never executed, and data that nobody writes.
        client.ask("Z1,ffffffff80000000,1");
        client.ask("Z2," + Long.toHexString(CODE) + ",8");

        sendWithInterrupt(packet);

        assertThat(client.answer()).startsWith(INTERRUPTED);
        if (packet.equals("bc")) {
            assertThat(client.monitor("position")).isEqualTo(before);
        }
        before = client.monitor("position");
        assertThat(client.ask("vCont;s:1")).startsWith("T05thread:");
        assertThat(client.monitor("position")).isNotEqualTo(before);
    }

    /** Not at its beginning, but while it goes on: the machine stands elsewhere meanwhile. */
    @Test
    void aRunBackEndsOnItsWay() throws Exception {
        client.monitor(LATE);
        String before = client.monitor("position");
        long origin = machine.clock().position();
        client.ask("Z1,ffffffff80000000,1");

        client.packet("bc");
        while (machine.clock().position() >= origin) {
            Thread.onSpinWait();
        }
        client.send(new byte[] {3});

        assertThat(client.answer()).startsWith(INTERRUPTED);
        assertThat(client.monitor("position")).isEqualTo(before);
    }

    @Test
    void monitorCommandsThatGoSomewhereEnd() throws Exception {
        client.monitor(LATE);
        String before = client.monitor("position");

        sendWithInterrupt(RawClient.monitorPacket("last-write kernel_main"));
        assertThat(client.reply()).startsWith("O" + HexFormat.of().formatHex("interrupted\nposition ".getBytes(StandardCharsets.UTF_8)));
        assertThat(client.reply()).isEqualTo("OK");
        assertThat(client.monitor("position")).isEqualTo(before);

        sendWithInterrupt(RawClient.monitorPacket("goto 99999999999999"));
        assertThat(client.reply()).startsWith("O" + HexFormat.of().formatHex("interrupted\nposition ".getBytes(StandardCharsets.UTF_8)));
        assertThat(client.reply()).isEqualTo("OK");
        assertThat(client.monitor("goto 1000")).startsWith("position 1000,");
    }

    @Test
    void anInterruptOfNothingIsForgotten() throws Exception {
        client.send(new byte[] {3});
        assertThat(client.ask("vCtrlC")).isEqualTo("OK");
        client.send(new byte[] {3});
        assertThat(client.ask("vCont;s:1")).startsWith("T05thread:");
        assertThat(client.monitor("goto 100000")).startsWith("position 100000,");
    }

    @Test
    void aClientThatGoesAwayEndsWhatItAskedFor() throws Exception {
        client.monitor(LATE);
        client.ask("Z1,ffffffff80000000,1");
        long origin = machine.clock().position();

        client.packet("bc");
        client.close();
        served.thread().join();

        assertThat(machine.clock().position()).isEqualTo(origin);
    }
}
