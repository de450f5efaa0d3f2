package trapframe.device.apic;

import static org.assertj.core.api.Assertions.assertThat;
import static trapframe.device.apic.ApicBench.BY_ONE;
import static trapframe.device.apic.ApicBench.LVT_TIMER;
import static trapframe.device.apic.ApicBench.MASKED;
import static trapframe.device.apic.ApicBench.PERIODIC;
import static trapframe.device.apic.ApicBench.TIMER_CURRENT;
import static trapframe.device.apic.ApicBench.TIMER_DIVIDE;
import static trapframe.device.apic.ApicBench.TIMER_INITIAL;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** SDM vol. 3A, section 11.5.4. */
class ApicTimerTest {
    private static final int VECTOR = 0x40;

    private final ApicBench bench = new ApicBench(1);
    private final ApicBench.Processor cpu = bench.processors.getFirst();

    private void start(int lvt, int divide, int count) {
        bench.write(0, LVT_TIMER, lvt);
        bench.write(0, TIMER_DIVIDE, divide);
        bench.write(0, TIMER_INITIAL, count);
    }

    private void take() {
        assertThat(bench.acknowledge(0)).isEqualTo(VECTOR);
        bench.eoi(0);
    }

    private int current() {
        return bench.read(0, TIMER_CURRENT);
    }

    @ParameterizedTest
    @CsvSource({"0, 2", "1, 4", "2, 8", "3, 16", "8, 32", "9, 64", "10, 128", "11, 1"})
    void countsDownAtABillionHertzOverTheDivider(int encoding, int divider) {
        start(VECTOR, encoding, 1000);
        assertThat(current()).isEqualTo(1000);
        bench.bench.advance(300L * divider - 1);
        assertThat(current()).isEqualTo(701);
        bench.bench.advance(1);
        assertThat(current()).isEqualTo(700);
        bench.bench.advance(700L * divider - 1);
        assertThat(cpu.intr).isFalse();
        bench.bench.advance(1);
        assertThat(cpu.intr).isTrue();
        assertThat(current()).isZero();
    }

    @Test
    void aOneShotInterruptsOnce() {
        start(VECTOR, BY_ONE, 100);
        bench.bench.advance(100);
        take();
        bench.bench.advance(100_000);
        assertThat(cpu.intr).isFalse();
        assertThat(bench.apic(0).timerInterrupts()).isEqualTo(1);
    }

    @Test
    void aPeriodicTimerInterruptsEachPeriodWithoutDrift() {
        start(VECTOR | PERIODIC, BY_ONE, 1000);
        for (int i = 1; i <= 5; i++) {
            bench.bench.advance(999);
            assertThat(cpu.intr).isFalse();
            bench.bench.advance(1);
            assertThat(cpu.intr).isTrue();
            take();
        }
        bench.bench.advance(250);
        assertThat(current()).isEqualTo(750);
    }

    @Test
    void zeroStopsAndAnotherCountStartsAgain() {
        start(VECTOR, BY_ONE, 100);
        bench.bench.advance(50);
        bench.write(0, TIMER_INITIAL, 0);
        bench.bench.advance(1000);
        assertThat(cpu.intr).isFalse();
        assertThat(current()).isZero();
        bench.write(0, TIMER_INITIAL, 30);
        bench.bench.advance(30);
        assertThat(cpu.intr).isTrue();
    }

    @Test
    void aMaskedTimerCountsAndSaysNothing() {
        start(VECTOR | MASKED, BY_ONE, 100);
        bench.bench.advance(40);
        assertThat(current()).isEqualTo(60);
        bench.bench.advance(100);
        bench.write(0, LVT_TIMER, VECTOR);
        bench.bench.advance(1000);
        assertThat(cpu.intr).as("an end that was masked is lost").isFalse();
        assertThat(bench.bench.eventsRun).isZero();
    }

    @Test
    void unmaskedInTimeItInterrupts() {
        start(VECTOR | MASKED, BY_ONE, 100);
        bench.bench.advance(99);
        bench.write(0, LVT_TIMER, VECTOR);
        bench.bench.advance(1);
        assertThat(cpu.intr).isTrue();
    }

    @Test
    void theModeCanChangeWhileItCounts() {
        start(VECTOR, BY_ONE, 100);
        bench.bench.advance(50);
        bench.write(0, LVT_TIMER, VECTOR | PERIODIC);
        bench.bench.advance(50);
        take();
        bench.bench.advance(100);
        take();
        bench.bench.advance(30);
        bench.write(0, LVT_TIMER, VECTOR);
        assertThat(current()).isEqualTo(70);
        bench.bench.advance(70);
        take();
        bench.bench.advance(1000);
        assertThat(cpu.intr).isFalse();
    }

    @Test
    void aOneShotThatIsOverStaysSoWhenTheModeBecomesPeriodic() {
        start(VECTOR, BY_ONE, 100);
        bench.bench.advance(100);
        take();
        bench.write(0, LVT_TIMER, VECTOR | PERIODIC);
        bench.bench.advance(1000);
        assertThat(cpu.intr).isFalse();
        assertThat(current()).isZero();
    }

    @Test
    void aNewDividerAppliesToWhatIsLeft() {
        start(VECTOR, BY_ONE, 100);
        bench.bench.advance(40);
        bench.write(0, TIMER_DIVIDE, 0);
        assertThat(current()).isEqualTo(60);
        bench.bench.advance(119);
        assertThat(cpu.intr).isFalse();
        bench.bench.advance(1);
        assertThat(cpu.intr).isTrue();
    }

    /** The interrupt of a period that ends while the one before still waits changes nothing, so no event is run for it. */
    @Test
    void periodsThatNobodyTakesCostNothing() {
        start(VECTOR | PERIODIC, BY_ONE, 1);
        bench.bench.advance(1_000_000);
        assertThat(bench.bench.eventsRun).isEqualTo(1);
        take();
        bench.bench.advance(1);
        assertThat(cpu.intr).isTrue();
    }

    @Test
    void thePhaseMakesPeriodicEndsComeEarlierAndOneShotsNot() {
        ApicBench early = new ApicBench(1, 300);
        early.write(0, LVT_TIMER, VECTOR | PERIODIC);
        early.write(0, TIMER_DIVIDE, BY_ONE);
        early.write(0, TIMER_INITIAL, 1000);
        early.bench.advance(699);
        assertThat(early.processors.getFirst().intr).isFalse();
        early.bench.advance(1);
        assertThat(early.processors.getFirst().intr).isTrue();
        early.acknowledge(0);
        early.eoi(0);
        early.bench.advance(999);
        assertThat(early.processors.getFirst().intr).isFalse();
        early.bench.advance(1);
        assertThat(early.processors.getFirst().intr).isTrue();
        early.acknowledge(0);
        early.eoi(0);
        early.write(0, LVT_TIMER, VECTOR);
        early.write(0, TIMER_INITIAL, 1000);
        early.bench.advance(999);
        assertThat(early.processors.getFirst().intr).isFalse();
        early.bench.advance(1);
        assertThat(early.processors.getFirst().intr).isTrue();
    }

    /** The count that is computed agrees with one that is counted, whatever is done on the way. */
    @Property(tries = 300)
    void everyReadOfTheCountAgreesWithCountingDown(@ForAll @LongRange(min = 1, max = 500) long count,
            @ForAll @IntRange(min = 0, max = 7) int dividerBits, @ForAll boolean periodic,
            @ForAll @Size(max = 30) List<@LongRange(min = 0, max = 5000) Long> waits) {
        ApicBench fresh = new ApicBench(1);
        int divider = 1 << (dividerBits + 1 & 7);
        fresh.write(0, LVT_TIMER, VECTOR | (periodic ? PERIODIC : 0));
        fresh.write(0, TIMER_DIVIDE, dividerBits & 3 | (dividerBits & 4) << 1);
        fresh.write(0, TIMER_INITIAL, (int) count);
        long passed = 0;
        for (long wait : waits) {
            fresh.bench.advance(wait);
            passed += wait;
            long ticks = passed / divider;
            long expected = ticks < count ? count - ticks : periodic ? count - (ticks - count) % count : 0;
            assertThat(fresh.read(0, TIMER_CURRENT)).isEqualTo((int) expected);
            if (ticks >= count && fresh.bench.eventsRun == 1) {
                assertThat(fresh.processors.getFirst().intr).isTrue();
            }
        }
    }
}
