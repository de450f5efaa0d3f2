package trapframe.explore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Comparator;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import trapframe.explore.Schedule.Action;
import trapframe.explore.Schedule.Step;

class ScheduleTest {
    @Property
    void whatIsPrintedIsReadAgain(@ForAll("schedules") Schedule schedule) {
        assertThat(schedule.toString()).doesNotContain("\n");
        assertThat(Schedule.parse(schedule.toString())).isEqualTo(schedule);
    }

    @Provide
    Arbitrary<Schedule> schedules() {
        Arbitrary<Action> actions = Arbitraries.oneOf(Arbitraries.just(new Action.Interrupt()),
                Arbitraries.longs().between(0, 999_999_999_999_999L).map(Action.Stall::new),
                Combinators.combine(Arbitraries.integers().between(0, 255), Arbitraries.integers().between(0, 255)).as(Action.Vector::new),
                Combinators.combine(Arbitraries.integers().between(0, 255), Arbitraries.longs().between(0, 999_999_999_999_999L)).as(Action.Turn::new));
        return Combinators.combine(Arbitraries.longs().between(0, 999_999_999_999_999_999L), actions).as(Step::new).list().ofMaxSize(8)
                .map(steps -> new Schedule(steps.stream().sorted(Comparator.comparingLong(Step::position)).toList()));
    }

    @Property
    void anyTextIsReadOrRefusedInALine(@ForAll("texts") String text) {
        try {
            assertThat(Schedule.parse(text).steps()).isNotNull();
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    @Provide
    Arbitrary<String> texts() {
        Arbitrary<String> pieces = Arbitraries.of("@", "1000", " ", ";", "interrupt", "stall", "vector", "turn", "0x20", "0x", "none", "-5",
                "99999999999999999999", "\n", "é");
        return Arbitraries.oneOf(Arbitraries.strings(), pieces.list().ofMaxSize(12).map(list -> String.join("", list)));
    }

    @Test
    void positionsThatGoBackAreRefused() {
        assertThatThrownBy(() -> Schedule.parse("@2000 interrupt; @1000 turn 0")).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("from 2000 to 1000");
    }

    @Test
    void noStepsAreAScheduleToo() {
        assertThat(Schedule.parse("none")).isEqualTo(Schedule.NONE);
        assertThat(Schedule.parse("@7 interrupt").with(new Step(9, new Action.Turn(1, 0))).steps())
                .isEqualTo(List.of(new Step(7, new Action.Interrupt()), new Step(9, new Action.Turn(1, 0))));
    }
}
