package trapframe.tools.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ConsoleOutputTest {
    @Test
    void writesEveryByteAsItCame() throws Exception {
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        try (ConsoleOutput console = new ConsoleOutput(written)) {
            for (int value = 0; value < 20_000; value++) {
                console.write((byte) value);
            }
        }

        byte[] bytes = written.toByteArray();
        assertThat(bytes).hasSize(20_000);
        assertThat(bytes[255]).isEqualTo((byte) 255);
        assertThat(bytes[19_999]).isEqualTo((byte) 19_999);
    }

    @Test
    void writesALineWhenItEnds() throws Exception {
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        try (ConsoleOutput console = new ConsoleOutput(written)) {
            print(console, "stage 1\n");

            assertThat(written.toString(StandardCharsets.UTF_8)).isEqualTo("stage 1\n");
        }
    }

    @Test
    void writesAnUnfinishedLineSoon() throws Exception {
        CountDownLatch shown = new CountDownLatch(1);
        OutputStream terminal = new OutputStream() {
            @Override
            public void write(int value) {
                if (value == ':') {
                    shown.countDown();
                }
            }
        };
        try (ConsoleOutput console = new ConsoleOutput(terminal)) {
            print(console, "login:");

            assertThat(shown.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void remembersThatTheReaderHasGone() {
        OutputStream closedPipe = new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        ConsoleOutput console = new ConsoleOutput(closedPipe);

        print(console, "a\nb\n");

        assertThat(console.failure()).hasMessage("Broken pipe");
    }

    private static void print(ConsoleOutput console, String text) {
        for (byte value : text.getBytes(StandardCharsets.UTF_8)) {
            console.write(value);
        }
    }
}
