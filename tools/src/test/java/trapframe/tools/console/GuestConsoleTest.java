package trapframe.tools.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import trapframe.tools.console.GuestConsole.Ending;

class GuestConsoleTest {
    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
    private int stops;

    @Test
    void endsWellWhenTheTextIsShown() {
        GuestConsole console = console(shown, Optional.of("ready"), Optional.of("panic"));

        assertThat(transmit(console, "almost read")).isZero();
        assertThat(transmit(console, "y, ")).isEqualTo(1);
        assertThat(console.ending()).contains(Ending.UNTIL_SHOWN);
    }

    @Test
    void theFirstEndingCountsAndStopsOnce() {
        GuestConsole console = console(shown, Optional.of("ready"), Optional.of("panic"));

        assertThat(transmit(console, "panic: not ready")).isEqualTo(1);
        assertThat(console.ending()).contains(Ending.FAIL_SHOWN);
    }

    @Test
    void failureCountsWhenBothEndAtTheSameByte() {
        GuestConsole console = console(shown, Optional.of("c"), Optional.of("panic"));

        transmit(console, "panic");

        assertThat(console.ending()).contains(Ending.FAIL_SHOWN);
    }

    @Test
    void endsWhenTheReaderOfItsOutputHasGone() {
        GuestConsole console = console(new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                throw new IOException("Broken pipe");
            }
        }, Optional.empty(), Optional.empty());

        assertThat(transmit(console, "a line\n")).isEqualTo(1);
        assertThat(console.ending()).contains(Ending.OUTPUT_FAILED);
    }

    @Test
    void passesEveryByteOn() {
        GuestConsole console = console(shown, Optional.empty(), Optional.empty());

        transmit(console, "\u0000ÿ\r\n");

        assertThat(shown.toString(StandardCharsets.ISO_8859_1)).isEqualTo("\u0000ÿ\r\n");
        assertThat(console.ending()).isEmpty();
    }

    private GuestConsole console(OutputStream destination, Optional<String> until, Optional<String> fail) {
        return new GuestConsole(new ConsoleOutput(destination), until, fail, () -> stops++);
    }

    /** Returns how often the run was stopped so far. */
    private int transmit(GuestConsole console, String text) {
        for (byte value : text.getBytes(StandardCharsets.ISO_8859_1)) {
            console.transmit(value & 0xff);
        }
        return stops;
    }
}
