package trapframe.tests.explore;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trapframe.explore.Exploration;
import trapframe.explore.Outcome;
import trapframe.explore.Point;
import trapframe.explore.Report;
import trapframe.explore.Subject;
import trapframe.machine.Machine;

/** Where a window begins and ends that is named by symbols. */
class PlacesTest {
    /** Where a program of {@code GuestCode} begins. */
    private static final long START = 0x10_0020;
    private static final long AGAIN = START + 5;
    private static final long FOREVER = START + 12;
    private static final String ROUNDS = """
            mov ecx, 5
            again: nop
              loop again
              mov al, 0x10
              out 0xf4, al
            """;
    private static final String HANGS = """
            mov ecx, 5
            again: nop
              loop again
              nop
              nop
              nop
              cli
            forever: .rept 200
              nop
              .endr
              jmp forever
            """;

    @TempDir
    private Path folder;

    private Report explore(String program, Point from, Point.Symbol to) {
        Subject subject = GuestSubject.of(program, 1, folder.resolve("image")).coming(to);
        Exploration.Settings settings = new Exploration.Settings(Optional.of(from), Optional.of(to), "spread", 1, 1, 1, false);
        return new Exploration(subject, settings, _ -> Optional.empty(), _ -> { }).run();
    }

    @Test
    void theFirstInstructionIsOne() {
        assertThat(explore(ROUNDS, new Point.Symbol("start", START, 1), new Point.Symbol("again", AGAIN, 1)).window())
                .extracting("from", "to").containsExactly(0L, 5L);
    }

    /** All of them have the same address, that to which each run has to come as well. */
    @Test
    void anInstructionIsTheOneOfTheTimeThatIsNamed() {
        assertThat(explore(ROUNDS, new Point.Symbol("again", AGAIN, 2), new Point.Symbol("again", AGAIN, 5)).window())
                .extracting("from", "to").containsExactly(5L + 3, 5L + 4 * 3);
    }

    @Test
    void theRunWithoutInterruptsTellsOfEachMarkHowFarItIs() {
        String wait = "mov ecx, 3000000\nrest: loop rest\nmov al, 0x10\nout 0xf4, al\n";
        List<Long> marks = new ArrayList<>();
        Subject subject = GuestSubject.of(wait, 1, folder.resolve("image"));
        Exploration.Settings settings = new Exploration.Settings(Optional.of(new Point.Position(0)), Optional.empty(), "spread", 1, 1, 1, false);
        new Exploration(subject, settings, _ -> Optional.empty(), new Exploration.Listener() {
            @Override
            public void progress(Exploration.Progress progress) { }

            @Override
            public void withoutInterrupts(long position, long limit) {
                marks.add(position);
                assertThat(limit).isEqualTo(100_000_000_000L);
            }
        }).run();
        assertThat(marks).containsExactly(Machine.MARK);
    }

    @Test
    void aLoopThatIsCountedForAPlaceIsProvedToBeAHang() {
        Report report = explore(HANGS, new Point.Symbol("forever", FOREVER, 1_000_000_000), new Point.Symbol("start", START, 2));

        assertThat(report.findings()).singleElement().satisfies(finding -> assertThat(finding.outcome()).isInstanceOf(Outcome.Hung.class));
    }
}
