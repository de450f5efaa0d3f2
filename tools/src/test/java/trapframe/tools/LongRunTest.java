package trapframe.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LongRunTest {
    private static final long SECOND = 1_000_000_000;

    private final List<String> said = new ArrayList<>();
    private long now = 5 * SECOND;
    private final LongRun run = new LongRun("without interrupts", () -> now, said::add);

    private void pass(long seconds) {
        now += seconds * SECOND;
    }

    @Test
    void aRunOfSomeSecondsSaysNothing() {
        pass(9);
        run.at(1_000_000, 2_000_000, () -> "");
        assertThat(said).isEmpty();
    }

    @Test
    void aLongRunSaysHowFarItIsAndHowLongItCanTake() {
        pass(10);
        run.at(2_000_000_000, 10_000_000_000L, () -> "");
        assertThat(said).containsExactly("without interrupts: position 2000000000 of at most 10000000000, 200.0 million a second, 40 s left at most");
    }

    @Test
    void itSaysSoMoreAndMoreSeldom() {
        for (int i = 1; i <= 100; i++) {
            pass(1);
            run.at(i, Long.MAX_VALUE, () -> "");
        }
        assertThat(said).hasSize(4).allMatch(line -> line.startsWith("without interrupts: position ")).noneMatch(line -> line.contains("at most"));
        assertThat(said).extracting(line -> line.split("[ ,]")[3]).containsExactly("10", "20", "40", "80");
    }

    @Test
    void whatItShowsIsProgressEnough() {
        for (int i = 0; i < 10; i++) {
            pass(9);
            run.at(i, Long.MAX_VALUE, () -> "");
            run.shown();
        }
        assertThat(said).isEmpty();
        pass(10);
        run.at(100, Long.MAX_VALUE, () -> "not proved to hang: it ends a branch by what varies");
        assertThat(said).singleElement().asString().endsWith("; not proved to hang: it ends a branch by what varies");
    }
}
