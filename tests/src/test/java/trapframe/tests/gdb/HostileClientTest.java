package trapframe.tests.gdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import trapframe.machine.Machine;
import trapframe.machine.StopReason;
import trapframe.timeline.Stop;

/** What comes from a client that is broken or means harm ends its connection at worst, and leaves the run as it is. */
class HostileClientTest {
    private static final String OK = "OK";
    /** Without a letter that would let the machine run. */
    private static final String NOISE = ":,;=-gqzwx\u0001\u00e9fff0";

    private Machine machine;
    private GdbSession.Served served;

    @BeforeEach
    void serve() throws IOException {
        machine = GdbSession.sprout("test=boot-stages", 2);
        served = GdbSession.Served.of(machine);
    }

    @AfterEach
    void goOn() throws IOException, InterruptedException {
        served.end();
        machine.close();
    }

    private RawClient client() throws IOException {
        return new RawClient(served.server().port());
    }

    private String undisturbed() {
        try (Machine alone = GdbSession.sprout("test=boot-stages", 2)) {
            assertThat(alone.run(GdbSession.LIMITS)).isInstanceOf(StopReason.GuestExit.class);
            return alone.stateHash();
        }
    }

    @Test
    void packetsWithSenselessArgumentsAreAnsweredAndChangeNothing() throws Exception {
        List<String> beginnings = List.of("m", "x", "p", "H", "T", "qXfer:", "qXfer:features:read:target.xml:", "qRcmd,", "vCont;", "vFile:",
                "vFile:pread:3,", "vFile:open:", "z0,", "z2,", "QNonStop:", "qThreadExtraInfo,", "q", "Q", "vX", "_", "b", "qSupported:", "Z9,", "Z2,",
                "M", "X", "G", "P", "P10");
        Random random = new Random(20261121);
        try (RawClient client = client()) {
            assertThat(client.ask("QNonStop:1")).isEqualTo("E01");
            assertThat(client.ask("qSupported:error-message+")).contains("error-message+");
            assertThat(client.ask("QNonStop:1")).startsWith("E.non-stop mode is not possible");
            for (int i = 0; i < 3_000; i++) {
                StringBuilder packet = new StringBuilder(beginnings.get(random.nextInt(beginnings.size())));
                for (int length = random.nextInt(12); length > 0; length--) {
                    packet.append(NOISE.charAt(random.nextInt(NOISE.length())));
                }
                String reply = client.ask(packet.toString());
                assertThat(reply).as(packet.toString()).isNotNull();
            }
            assertThat(client.ask("D")).isEqualTo(OK);
        }
        served.thread().join();
        assertThat(served.timeline().run(GdbSession.LIMITS.position())).isInstanceOf(Stop.End.class);
        assertThat(machine.stateHash()).isEqualTo(undisturbed());
    }

    @Test
    void bytesWithoutSenseArePassedOver() throws Exception {
        byte[] noise = new byte[100_000];
        new Random(1).nextBytes(noise);
        for (int i = 0; i < noise.length; i++) {
            // Neither a packet nor an interrupt, which would be sense.
            noise[i] = noise[i] == '$' || noise[i] == 3 ? 0 : noise[i];
        }
        try (RawClient client = client()) {
            client.send(noise);
            assertThat(client.ask("?")).startsWith("T05thread:1;");
        }
    }

    @Test
    void aPacketWithoutEndEndsTheConnection() throws Exception {
        byte[] endless = new byte[1 << 20];
        Arrays.fill(endless, (byte) 'a');
        try (RawClient client = client()) {
            client.send(new byte[] {'$'});
            try {
                client.send(endless);
                assertThat(client.reply()).isNull();
            } catch (IOException e) {
                assertThat(e).hasMessageMatching("(?i).*(reset|pipe).*");
            }
        }
        served.thread().join();
    }

    @Test
    void aClientThatSaysNothingIsNotServedAndWhoSpeaksIs() throws Exception {
        try (RawClient _ = client()) {
            assertThat(served.server().clientWaits()).isFalse();
            assertThat(served.thread().isAlive()).isTrue();
        }
        try (RawClient client = client()) {
            assertThat(client.ask("?")).startsWith("T05");
        }
    }

    @Test
    void aSecondClientIsSentAway() throws Exception {
        try (RawClient first = client()) {
            assertThat(first.ask("?")).startsWith("T05");
            try (RawClient second = client()) {
                assertThat(second.read()).isEqualTo(-1);
            }
            assertThat(first.ask("qC")).isEqualTo("QC1");
        }
    }

    @Test
    void aClientThatGoesAwayWhileTheMachineRunsStopsIt() throws Exception {
        try (RawClient client = client()) {
            client.packet("vCont;c");
        }
        served.thread().join();
        assertThat(served.timeline().run(GdbSession.LIMITS.position())).isInstanceOf(Stop.End.class);
        assertThat(machine.stateHash()).isEqualTo(undisturbed());
    }

    @Test
    void lengthsBeyondReasonAreRefusedOrCut() throws Exception {
        try (RawClient client = client()) {
            assertThat(client.ask("qSupported:error-message+")).isNotNull();
            assertThat(client.ask("m100000,7fffffff").length()).isLessThanOrEqualTo(65_536);
            assertThat(client.ask("m100000,ffffffffff")).startsWith("E.too long");
            assertThat(client.ask("Z2,100000,7fffffff")).startsWith("E.1 to 65536 bytes can be watched");
            assertThat(client.ask("M100000,7fffffff:00")).startsWith("E.the length says 2147483647 bytes, there are 1");
            assertThat(client.ask("mffffffffffffff00,1000")).startsWith("E.no RAM is mapped");
        }
    }
}
