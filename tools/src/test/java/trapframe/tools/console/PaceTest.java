package trapframe.tools.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PaceTest {
    private final AtomicLong host = new AtomicLong(5_000);
    private final Pace pace = new Pace(host::get);

    @Test
    void aGuestThatSkippedAheadHasToWaitForTheHost() {
        host.addAndGet(100);

        assertThat(pace.ahead(10_000)).isEqualTo(9_900);
    }

    @Test
    void theWaitIsOverWhenTheHostHasCaughtUp() {
        pace.ahead(10_000);
        host.addAndGet(10_000);

        assertThat(pace.ahead(10_000)).isZero();
    }

    @Test
    void aGuestThatFellBehindDoesNotCatchUp() {
        host.addAndGet(1_000_000);
        assertThat(pace.ahead(10)).isZero();

        assertThat(pace.ahead(5_010)).isEqualTo(5_000);
    }
}
