package trapframe.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class ClockTest {
    @Property
    void theFirstPositionAtATimeIsAtThatTimeAndTheOneBeforeIsNot(
            @ForAll @LongRange(min = 1, max = 5_000) long bytesPerMicrosecond,
            @ForAll @LongRange(min = 1, max = 1L << 50) long nanos) {
        Clock clock = new Clock(bytesPerMicrosecond);
        long position = clock.positionAtNanos(nanos);
        assertThat(clock.nanosAt(position)).isGreaterThanOrEqualTo(nanos);
        assertThat(clock.nanosAt(position - 1)).isLessThan(nanos);
    }

    @Test
    void aCounterTicksAtItsFrequencyForHoursWithoutOverflow() {
        Clock clock = new Clock(1_000);
        clock.moveTo(36_000L * 1_000_000_000L);
        assertThat(clock.ticks(1_193_182)).isEqualTo(36_000L * 1_193_182);
        assertThat(Clock.nanosAtTick(36_000L * 1_193_182, 1_193_182)).isEqualTo(clock.nanos());
    }

    @Test
    void timersDueTogetherFireInTheOrderInWhichTheyWereMade() {
        Clock clock = new Clock(1_000);
        EventQueue events = new EventQueue(clock);
        List<String> fired = new ArrayList<>();
        Timer first = events.timer("first", () -> fired.add("first"));
        Timer second = events.timer("second", () -> fired.add("second"));
        Timer third = events.timer("third", () -> fired.add("third"));
        second.armAt(10);
        first.armAt(10);
        third.armAt(9);
        assertThat(events.nextDeadline()).isEqualTo(9);
        clock.moveTo(10);
        events.runDue();
        assertThat(fired).containsExactly("third", "first", "second");
        assertThat(events.nextDeadline()).isEqualTo(EventQueue.NEVER);
    }

    @Property(tries = 300)
    void theNextDeadlineIsTheLeastOfAllHoweverTimersAreArmed(
            @ForAll @Size(max = 60) List<@IntRange(min = 0, max = 999) Integer> changes) {
        Clock clock = new Clock(1_000);
        EventQueue events = new EventQueue(clock);
        List<Timer> timers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            timers.add(events.timer("timer " + i, () -> { }));
        }
        for (int change : changes) {
            Timer timer = timers.get(change % 4);
            switch (change / 4 % 4) {
                case 0 -> timer.disarm();
                case 1 -> {
                    clock.moveTo(clock.position() + change % 7);
                    events.runDue();
                }
                default -> timer.armAt(clock.position() + change / 16);
            }
            assertThat(events.nextDeadline())
                    .isEqualTo(timers.stream().mapToLong(Timer::deadline).min().orElseThrow());
        }
    }
}
