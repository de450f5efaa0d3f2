package trapframe.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import trapframe.time.Clock;

class IntervalTimer8254Test {
    private static final int COUNTER_0 = 0x40;
    private static final int COUNTER_2 = 0x42;
    private static final int CONTROL = 0x43;
    private static final int PORT_B = 0x61;
    private static final int OUT_BIT = 0x80;
    private static final int NULL_COUNT = 0x40;
    /** A pulse of CLK, rounded up. */
    private static final long PULSE_NANOS = 839;

    private final DeviceBench bench = new DeviceBench();
    private final DeviceBench.Probe irq0 = new DeviceBench.Probe();
    private final IntervalTimer8254 pit = new IntervalTimer8254(bench.events, irq0, 0);
    private final SystemControlPortB portB = new SystemControlPortB(pit);

    @BeforeEach
    void attach() {
        pit.attach(bench.ports);
        portB.attach(bench.ports);
        bench.advance(1_000_000);
    }

    /** Goes on to the first position at which {@code pulses} more CLK pulses have passed. */
    private void pulses(long pulses) {
        long now = bench.clock.ticks(IntervalTimer8254.HERTZ);
        bench.advance(Clock.nanosAtTick(now + pulses, IntervalTimer8254.HERTZ) - bench.clock.nanos());
    }

    private void program(int counter, int mode, int count) {
        bench.out(CONTROL, counter << 6 | 0x30 | mode << 1);
        load(counter, count);
    }

    private void load(int counter, int count) {
        bench.out(COUNTER_0 + counter, count & 0xff);
        bench.out(COUNTER_0 + counter, count >> 8);
    }

    private int latched(int counter) {
        bench.out(CONTROL, counter << 6);
        return bench.in(COUNTER_0 + counter) | bench.in(COUNTER_0 + counter) << 8;
    }

    private int status(int counter) {
        bench.out(CONTROL, 0xe0 | 2 << counter);
        return bench.in(COUNTER_0 + counter);
    }

    private String outAtEachPulse(int counter, int count) {
        StringBuilder levels = new StringBuilder();
        for (int i = 0; i < count; i++) {
            levels.append(pit.out(counter) ? 'H' : 'l');
            pulses(1);
        }
        return levels.toString();
    }

    private void gate2(boolean level) {
        bench.out(PORT_B, level ? 1 : 0);
    }

    @Nested
    class Mode0 {
        @Test
        void outGoesHighOnePulseMoreThanTheCountAfterTheWriteAndTheCountGoesOn() {
            program(0, 0, 3);
            assertThat(outAtEachPulse(0, 6)).isEqualTo("llllHH");
            assertThat(latched(0)).isEqualTo(0xfffe);
            assertThat(irq0.level).isTrue();
        }

        @Test
        void theFirstOfTwoBytesStopsCountingAndLowersOut() {
            program(0, 0, 100);
            pulses(200);
            assertThat(irq0.level).isTrue();
            bench.out(COUNTER_0, 5);
            assertThat(irq0.level).isFalse();
            int stopped = latched(0);
            pulses(10);
            assertThat(latched(0)).isEqualTo(stopped);
            bench.out(COUNTER_0, 0);
            assertThat(outAtEachPulse(0, 7)).isEqualTo("llllllH");
        }

        @Test
        void gateStopsTheCountAndLeavesOutAlone() {
            gate2(false);
            program(2, 0, 4);
            pulses(10);
            assertThat(latched(2)).as("the count is loaded even so").isEqualTo(4);
            gate2(true);
            assertThat(outAtEachPulse(2, 3)).isEqualTo("lll");
            gate2(false);
            pulses(10);
            assertThat(latched(2)).isEqualTo(1);
            gate2(true);
            assertThat(outAtEachPulse(2, 2)).isEqualTo("lH");
            gate2(false);
            assertThat(pit.out(2)).isTrue();
        }

        @Test
        void theLineRisesExactlyAtThePositionOfThePulse() {
            program(0, 0, 1000);
            long due = Clock.nanosAtTick(bench.clock.ticks(IntervalTimer8254.HERTZ) + 1001, IntervalTimer8254.HERTZ);
            bench.advance(due - bench.clock.nanos() - 1);
            assertThat(irq0.level).isFalse();
            bench.advance(1);
            assertThat(irq0.level).isTrue();
        }
    }

    @Nested
    class Mode1 {
        @Test
        void aTriggerGivesALowPulseOfTheCountAndRetriggersExtendIt() {
            gate2(false);
            program(2, 1, 3);
            assertThat(outAtEachPulse(2, 3)).isEqualTo("HHH");
            gate2(true);
            assertThat(outAtEachPulse(2, 6)).isEqualTo("HlllHH");
            gate2(false);
            gate2(true);
            assertThat(outAtEachPulse(2, 3)).isEqualTo("Hll");
            gate2(false);
            gate2(true);
            assertThat(outAtEachPulse(2, 6)).isEqualTo("llllHH");
        }

        @Test
        void aNewCountWaitsForTheNextTrigger() {
            gate2(false);
            program(2, 1, 4);
            gate2(true);
            pulses(2);
            load(2, 2);
            assertThat(status(2) & NULL_COUNT).isEqualTo(NULL_COUNT);
            assertThat(outAtEachPulse(2, 4)).isEqualTo("lllH");
            gate2(false);
            gate2(true);
            assertThat(outAtEachPulse(2, 4)).isEqualTo("HllH");
            assertThat(status(2) & NULL_COUNT).isZero();
        }
    }

    @Nested
    class Mode2 {
        @Test
        void outIsLowForOnePulseOfEachPeriod() {
            program(0, 2, 4);
            assertThat(outAtEachPulse(0, 13)).isEqualTo("HHHHlHHHlHHHl");
        }

        @Test
        void theCountRunsFromTheInitialValueToOne() {
            program(0, 2, 3);
            StringBuilder counts = new StringBuilder();
            for (int i = 0; i < 7; i++) {
                pulses(1);
                counts.append(latched(0));
            }
            assertThat(counts).hasToString("3213213");
        }

        @Test
        void aNewCountComesIntoForceAtTheEndOfThePeriod() {
            program(0, 2, 5);
            pulses(2);
            load(0, 3);
            assertThat(status(0) & NULL_COUNT).isEqualTo(NULL_COUNT);
            assertThat(outAtEachPulse(0, 10)).isEqualTo("HHHlHHlHHl");
            assertThat(status(0) & NULL_COUNT).isZero();
        }

        @Test
        void gateLowHoldsOutHighAndATriggerReloads() {
            gate2(true);
            program(2, 2, 4);
            pulses(4);
            assertThat(pit.out(2)).isFalse();
            gate2(false);
            assertThat(outAtEachPulse(2, 6)).isEqualTo("HHHHHH");
            gate2(true);
            assertThat(outAtEachPulse(2, 6)).isEqualTo("HHHHlH");
        }

        @Test
        void aHundredHertzTicksAHundredTimesASecondForAnHour() {
            program(0, 2, 11932);
            irq0.rises = 0;
            bench.advance(3_600_000_000_000L);
            assertThat(irq0.rises).isEqualTo((int) (3600L * IntervalTimer8254.HERTZ / 11932));
        }
    }

    @Nested
    class Mode3 {
        @Test
        void anEvenCountGivesEqualHalves() {
            program(0, 3, 4);
            assertThat(outAtEachPulse(0, 13)).isEqualTo("HHHllHHllHHll");
        }

        @Test
        void anOddCountIsHighOnePulseLonger() {
            program(0, 3, 5);
            assertThat(outAtEachPulse(0, 11)).isEqualTo("HHHHllHHHll");
        }

        @Test
        void theCountFallsByTwoAndStartsEvenTwiceAPeriod() {
            program(0, 3, 5);
            StringBuilder counts = new StringBuilder();
            for (int i = 0; i < 10; i++) {
                pulses(1);
                counts.append(latched(0));
            }
            assertThat(counts).hasToString("4204242042");
            program(0, 3, 4);
            counts.setLength(0);
            for (int i = 0; i < 6; i++) {
                pulses(1);
                counts.append(latched(0));
            }
            assertThat(counts).hasToString("424242");
        }

        @Test
        void aNewCountComesIntoForceAtTheEndOfTheHalfCycle() {
            program(0, 3, 6);
            pulses(2);
            load(0, 4);
            assertThat(outAtEachPulse(0, 9)).isEqualTo("HHllHHllH");
        }

        @Test
        void gateLowHoldsOutHighAndATriggerStartsAHighHalf() {
            gate2(true);
            program(2, 3, 6);
            pulses(5);
            assertThat(pit.out(2)).isFalse();
            gate2(false);
            assertThat(outAtEachPulse(2, 3)).isEqualTo("HHH");
            gate2(true);
            assertThat(outAtEachPulse(2, 8)).isEqualTo("HHHHlllH");
        }
    }

    @Nested
    class Mode4And5 {
        @Test
        void aSoftwareStrobeIsLowForOnePulseOnce() {
            program(0, 4, 3);
            assertThat(outAtEachPulse(0, 9)).isEqualTo("HHHHlHHHH");
            load(0, 1);
            assertThat(outAtEachPulse(0, 5)).isEqualTo("HHlHH");
        }

        @Test
        void aNewCountRestartsTheSoftwareStrobe() {
            program(0, 4, 5);
            pulses(3);
            load(0, 4);
            assertThat(outAtEachPulse(0, 7)).isEqualTo("HHHHHlH");
        }

        @Test
        void gateStopsTheSoftwareStrobesCount() {
            gate2(true);
            program(2, 4, 3);
            pulses(2);
            gate2(false);
            pulses(5);
            assertThat(latched(2)).isEqualTo(2);
            gate2(true);
            assertThat(outAtEachPulse(2, 4)).isEqualTo("HHlH");
        }

        @Test
        void aHardwareStrobeFollowsEachTrigger() {
            gate2(false);
            program(2, 5, 3);
            assertThat(outAtEachPulse(2, 6)).isEqualTo("HHHHHH");
            gate2(true);
            assertThat(outAtEachPulse(2, 6)).isEqualTo("HHHHlH");
            gate2(false);
            gate2(true);
            pulses(2);
            gate2(false);
            gate2(true);
            assertThat(outAtEachPulse(2, 6)).as("retriggered").isEqualTo("HHHHlH");
        }
    }

    @Nested
    class Access {
        @Test
        void oneByteAccessSetsTheOtherByteToZero() {
            bench.out(CONTROL, 0x14);
            bench.out(COUNTER_0, 0x40);
            pulses(1);
            assertThat(bench.in(COUNTER_0)).isEqualTo(0x40);
            bench.out(CONTROL, 0x24);
            bench.out(COUNTER_0, 0x12);
            pulses(1);
            assertThat(bench.in(COUNTER_0)).isEqualTo(0x12);
            bench.out(CONTROL, 0x34);
            load(0, 0x1234);
            pulses(1);
            assertThat(bench.in(COUNTER_0)).isEqualTo(0x34);
            assertThat(bench.in(COUNTER_0)).isEqualTo(0x12);
            assertThat(bench.in(COUNTER_0)).isEqualTo(0x34);
        }

        @Test
        void aLatchedCountStaysUntilReadAndASecondLatchIsIgnored() {
            program(0, 2, 1000);
            pulses(11);
            bench.out(CONTROL, 0x00);
            pulses(100);
            bench.out(CONTROL, 0x00);
            assertThat(bench.in(COUNTER_0) | bench.in(COUNTER_0) << 8).isEqualTo(990);
            assertThat(bench.in(COUNTER_0) | bench.in(COUNTER_0) << 8).isEqualTo(890);
        }

        @Test
        void zeroIsTheLargestCount() {
            program(0, 2, 0);
            pulses(1);
            assertThat(latched(0)).isZero();
            pulses(1);
            assertThat(latched(0)).isEqualTo(0xffff);
        }

        @Test
        void bcdCountsInDecimal() {
            bench.out(CONTROL, 0x35);
            load(0, 0x1000);
            pulses(2);
            assertThat(latched(0)).isEqualTo(0x0999);
            bench.out(CONTROL, 0x31);
            load(0, 0);
            pulses(2);
            assertThat(latched(0)).isEqualTo(0x9999);
            pulses(9_998);
            assertThat(latched(0)).isEqualTo(0x0001);
            assertThat(irq0.level).isFalse();
            pulses(1);
            assertThat(irq0.level).isTrue();
        }

        @Test
        void readBackGivesStatusBeforeCountForEachSelectedCounter() {
            program(0, 3, 100);
            assertThat(status(0)).as("not loaded yet").isEqualTo(OUT_BIT | NULL_COUNT | 0x36);
            pulses(11);
            bench.out(CONTROL, 0xc6);
            pulses(50);
            assertThat(bench.in(COUNTER_0)).isEqualTo(OUT_BIT | 0x36);
            assertThat(bench.in(COUNTER_0) | bench.in(COUNTER_0) << 8).isEqualTo(80);
            assertThat(bench.in(0x41) & 0x3f).as("counter 1 as firmware leaves it").isEqualTo(0x14);
            assertThat(status(0)).isEqualTo(0x36);
        }

        @Test
        void modes6And7AreModes2And3() {
            program(0, 6, 3);
            assertThat(outAtEachPulse(0, 7)).isEqualTo("HHHlHHl");
            program(0, 7, 2);
            assertThat(outAtEachPulse(0, 6)).isEqualTo("HHlHlH");
        }

        @Test
        void theControlWordReadsAllOnes() {
            assertThat(bench.in(CONTROL)).isEqualTo(0xff);
        }
    }

    @Nested
    class PortB {
        @Test
        void theRefreshBitTogglesEveryEighteenPulses() {
            int toggles = 0;
            int last = bench.in(PORT_B) & 0x10;
            for (int i = 0; i < 1800; i++) {
                pulses(1);
                int now = bench.in(PORT_B) & 0x10;
                toggles += now != last ? 1 : 0;
                last = now;
            }
            assertThat(toggles).isEqualTo(100);
        }

        @Test
        void bit0IsTheGateAndBit5TheOutputOfCounter2() {
            program(2, 0, 10);
            pulses(100);
            assertThat(bench.in(PORT_B) & 0x20).isZero();
            bench.out(PORT_B, 0x01);
            pulses(9);
            assertThat(bench.in(PORT_B) & 0x20).isZero();
            pulses(1);
            assertThat(bench.in(PORT_B) & 0x2f).isEqualTo(0x21);
        }

        @Test
        void theFourLowBitsReadBack() {
            bench.out(PORT_B, 0xff);
            assertThat(bench.in(PORT_B) & 0xcf).isEqualTo(0x0f);
        }
    }

    @Test
    void atPowerOnCounter0RunsAtEighteenHertz() {
        irq0.rises = 0;
        bench.advance(10_000_000_000L);
        assertThat(irq0.rises).isEqualTo(182);
    }

    @Property(tries = 300)
    void theLineRisesAsOftenAsTheOutputComputedFromTheClock(
            @ForAll @IntRange(min = 2, max = 40) int first, @ForAll @IntRange(min = 2, max = 40) int second,
            @ForAll @IntRange(min = 2, max = 3) int mode, @ForAll @IntRange(min = 0, max = 60) int between) {
        DeviceBench property = new DeviceBench();
        DeviceBench.Probe line = new DeviceBench.Probe();
        IntervalTimer8254 timer = new IntervalTimer8254(property.events, line, 0);
        timer.attach(property.ports);
        property.out(CONTROL, 0x10 | mode << 1);
        property.out(COUNTER_0, first);
        property.advance(between * 839L);
        property.out(COUNTER_0, second);
        int rises = 0;
        boolean before = line.level;
        line.rises = 0;
        for (int i = 0; i < 500; i++) {
            property.advance(419);
            boolean now = timer.out(0);
            assertThat(now).isEqualTo(line.level);
            rises += now && !before ? 1 : 0;
            before = now;
        }
        assertThat(line.rises).isEqualTo(rises);
    }

    @Property(tries = 300)
    void thePhaseMovesEveryPeriodicEdgeByExactlySoManyPositions(
            @ForAll @IntRange(min = 2, max = 3) int mode, @ForAll @IntRange(min = 2, max = 60) int count,
            @ForAll @LongRange(min = 0, max = 200_000) long start, @ForAll @LongRange(min = 0, max = 400_000) long phase) {
        long afterTheLoad = start + PULSE_NANOS;
        List<Long> expected = rises(mode, count, start, 0).stream().map(edge -> edge - phase).filter(edge -> edge > afterTheLoad).toList();

        assertThat(rises(mode, count, start, phase).stream().filter(edge -> edge > afterTheLoad)).startsWith(expected.toArray(Long[]::new));
    }

    @Property(tries = 300)
    void thePhaseMovesWhatHappensOnceByLessThanAPulse(
            @ForAll boolean strobe, @ForAll @IntRange(min = 2, max = 60) int count,
            @ForAll @LongRange(min = 0, max = 200_000) long start, @ForAll @LongRange(min = 0, max = 400_000) long phase) {
        int mode = strobe ? 4 : 0;
        List<Long> usual = rises(mode, count, start, 0);
        List<Long> moved = rises(mode, count, start, phase);

        assertThat(usual).hasSize(1);
        assertThat(moved).hasSize(1);
        assertThat(moved.getFirst()).isBetween(usual.getFirst() - PULSE_NANOS, usual.getFirst() + PULSE_NANOS);
    }

    /** The positions at which IRQ0 rises in the 600,000 after counter 0 was programmed at a position. */
    private static List<Long> rises(int mode, int count, long start, long phase) {
        DeviceBench property = new DeviceBench();
        List<Long> positions = new ArrayList<>();
        DeviceBench.Probe line = new DeviceBench.Probe() {
            @Override
            public void set(boolean level) {
                if (level && !this.level) {
                    positions.add(property.clock.position());
                }
                super.set(level);
            }
        };
        IntervalTimer8254 timer = new IntervalTimer8254(property.events, line, phase);
        timer.attach(property.ports);
        property.advance(start);
        property.out(CONTROL, 0x10 | mode << 1);
        property.out(COUNTER_0, count);
        positions.clear();
        property.advance(600_000);
        return positions;
    }
}
