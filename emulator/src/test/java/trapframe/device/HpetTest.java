package trapframe.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** IA-PC HPET Specification 1.0a. */
class HpetTest {
    private static final int CONFIGURATION = 0x10;
    private static final int STATUS = 0x20;
    private static final int COUNTER = 0xf0;
    private static final int LEVEL = 1 << 1;
    private static final int ENABLE = 1 << 2;
    private static final int PERIODIC = 1 << 3;
    private static final int VALUE_SET = 1 << 6;
    private static final int AS_32_BITS = 1 << 8;
    private static final int BY_MESSAGE = 1 << 14;
    private static final int RUN = 1;
    private static final int LEGACY = 2;

    private static final class Pc {
        final DeviceBench bench = new DeviceBench();
        final DeviceBench.Probe irq0 = new DeviceBench.Probe();
        final DeviceBench.Probe irq8 = new DeviceBench.Probe();
        final DeviceBench.Probe[] pins = new DeviceBench.Probe[24];
        final List<String> messages = new ArrayList<>();
        final Hpet hpet;

        Pc() {
            for (int i = 0; i < pins.length; i++) {
                pins[i] = new DeviceBench.Probe();
            }
            hpet = new Hpet(bench.events, irq0, irq8, pin -> pins[pin],
                    (address, data) -> messages.add(Long.toHexString(address) + " " + Integer.toHexString(data)));
        }

        int read(int register) {
            return (int) hpet.read(register, 4);
        }

        long read64(int register) {
            return read(register) & 0xffff_ffffL | (long) read(register + 4) << 32;
        }

        void write(int register, long value) {
            hpet.write(register, 4, value & 0xffff_ffffL);
        }

        /** The two halves of one access come at one position. */
        void write64(int register, long value) {
            write(register, value);
            write(register + 4, value >>> 32);
        }

        void advanceTicks(long ticks) {
            bench.advance(10 * ticks);
        }
    }

    private final Pc pc = new Pc();

    private static int timer(int index) {
        return 0x100 + 0x20 * index;
    }

    private void configure(int index, int flags, int pin) {
        pc.write(timer(index), flags | pin << 9);
    }

    @Test
    void saysWhatItCanDo() {
        assertThat(pc.read(0)).as("revision 1, 3 timers, 64 bits, legacy, vendor").isEqualTo(0x8086_a201);
        assertThat(pc.read(4)).as("femtoseconds a tick").isEqualTo(10_000_000);
        for (int i = 0; i < 3; i++) {
            assertThat(pc.read(timer(i))).as("periodic, 64 bits, messages").isEqualTo(0x8030);
            assertThat(pc.read(timer(i) + 4)).as("routes").isEqualTo(0x00f0_0000);
            assertThat(pc.read64(timer(i) + 8)).isEqualTo(-1);
        }
        assertThat(pc.read(timer(3))).isZero();
        assertThat(pc.read(8)).isZero();
    }

    @Test
    void theCounterCountsWhileItIsEnabledAndCanBeWrittenWhileNot() {
        pc.advanceTicks(100);
        assertThat(pc.read64(COUNTER)).isZero();
        pc.write64(COUNTER, 0xffff_fff0L);
        pc.write(CONFIGURATION, RUN);
        pc.bench.advance(319);
        assertThat(pc.read64(COUNTER)).isEqualTo(0x1_0000_000fL);
        pc.bench.advance(1);
        assertThat(pc.read64(COUNTER)).isEqualTo(0x1_0000_0010L);
        pc.write64(COUNTER, 5);
        assertThat(pc.read64(COUNTER)).as("not while it runs").isEqualTo(0x1_0000_0010L);
        pc.write(CONFIGURATION, 0);
        pc.advanceTicks(50);
        assertThat(pc.read64(COUNTER)).isEqualTo(0x1_0000_0010L);
        assertThat(pc.hpet.read(COUNTER + 4, 1)).isEqualTo(1);
        assertThat(pc.hpet.read(COUNTER, 2)).isEqualTo(0x10);
    }

    @Test
    void aOneShotMakesOneEdge() {
        pc.write(CONFIGURATION, RUN);
        configure(2, ENABLE, 21);
        pc.write64(timer(2) + 8, 1000);
        pc.advanceTicks(999);
        assertThat(pc.pins[21].rises).isZero();
        pc.advanceTicks(1);
        assertThat(pc.pins[21].rises).isEqualTo(1);
        pc.advanceTicks(1_000_000);
        assertThat(pc.pins[21].rises).isEqualTo(1);
        assertThat(pc.read(STATUS)).as("edges leave no status").isZero();
    }

    @Test
    void aComparatorThatTheCounterHasPassedMatchesIn32BitsWhenTheCounterWraps() {
        pc.write(CONFIGURATION, RUN);
        pc.advanceTicks(1000);
        configure(0, ENABLE | AS_32_BITS, 20);
        pc.write(timer(0) + 8, 999);
        pc.advanceTicks((1L << 32) - 2);
        assertThat(pc.pins[20].rises).isZero();
        pc.advanceTicks(1);
        assertThat(pc.pins[20].rises).isEqualTo(1);
        pc.advanceTicks(1L << 32);
        assertThat(pc.pins[20].rises).as("and at each further turn").isEqualTo(2);
        configure(0, ENABLE, 20);
        pc.write64(timer(0) + 8, 999);
        pc.advanceTicks(1L << 34);
        assertThat(pc.pins[20].rises).as("in 64 bits, centuries later").isEqualTo(2);
    }

    /** The sequence of kernels: value-set, the first match, then the period. */
    @Test
    void aPeriodicTimerInterruptsEachPeriod() {
        pc.write(CONFIGURATION, RUN);
        pc.advanceTicks(50);
        configure(0, ENABLE | PERIODIC | VALUE_SET | AS_32_BITS, 20);
        pc.write(timer(0) + 8, 300);
        assertThat(pc.read(timer(0)) & VALUE_SET).as("falls by itself").isZero();
        pc.bench.advance(1);
        pc.write(timer(0) + 8, 100);
        pc.bench.advance(9);
        pc.advanceTicks(249);
        assertThat(pc.pins[20].rises).isEqualTo(1);
        assertThat(pc.read(timer(0) + 8)).isEqualTo(400);
        pc.advanceTicks(100);
        assertThat(pc.pins[20].rises).isEqualTo(2);
        pc.advanceTicks(250);
        assertThat(pc.pins[20].rises).isEqualTo(4);
        assertThat(pc.read(timer(0) + 8)).isEqualTo(700);
    }

    @Test
    void valueSetCoversBothHalvesOfOneAccess() {
        configure(1, ENABLE | PERIODIC | VALUE_SET, 22);
        pc.write64(timer(1) + 8, 0x1_0000_0010L);
        assertThat(pc.read64(timer(1) + 8)).isEqualTo(0x1_0000_0010L);
        pc.bench.advance(1);
        pc.write64(timer(1) + 8, 0x20);
        assertThat(pc.read64(timer(1) + 8)).as("the comparator stays").isEqualTo(0x1_0000_0010L);
        pc.write64(COUNTER, 0x1_0000_0000L);
        pc.write(CONFIGURATION, RUN);
        pc.advanceTicks(0x10);
        assertThat(pc.pins[22].rises).isEqualTo(1);
        pc.advanceTicks(0x20);
        assertThat(pc.pins[22].rises).isEqualTo(2);
    }

    @Test
    void aLevelLastsUntilItsStatusIsCleared() {
        pc.write(CONFIGURATION, RUN);
        configure(2, ENABLE | LEVEL | PERIODIC | VALUE_SET, 23);
        pc.write64(timer(2) + 8, 100);
        pc.advanceTicks(100);
        assertThat(pc.pins[23].level).isTrue();
        assertThat(pc.read(STATUS)).isEqualTo(4);
        pc.advanceTicks(1000);
        assertThat(pc.pins[23].rises).isEqualTo(1);
        pc.write(STATUS, 3);
        assertThat(pc.pins[23].level).isTrue();
        pc.write(STATUS, 4);
        assertThat(pc.pins[23].level).isFalse();
        pc.advanceTicks(100);
        assertThat(pc.pins[23].level).isTrue();
    }

    @Test
    void aLevelTimerThatIsNotEnabledStillSetsItsStatus() {
        pc.write(CONFIGURATION, RUN);
        configure(2, LEVEL, 23);
        pc.write64(timer(2) + 8, 100);
        pc.advanceTicks(100);
        assertThat(pc.read(STATUS)).isEqualTo(4);
        assertThat(pc.pins[23].level).isFalse();
        configure(2, ENABLE | LEVEL, 23);
        assertThat(pc.pins[23].level).isTrue();
    }

    @Test
    void inLegacyReplacementTimersTakeTheLinesOfThe8254AndTheClock() {
        pc.hpet.irq0().set(true);
        pc.hpet.irq8().set(true);
        assertThat(pc.irq0.level).isTrue();
        assertThat(pc.irq8.level).isTrue();
        pc.write(CONFIGURATION, RUN | LEGACY);
        assertThat(pc.irq0.level).isFalse();
        assertThat(pc.irq8.level).isFalse();
        pc.hpet.irq0().set(false);
        pc.hpet.irq0().set(true);
        assertThat(pc.irq0.level).as("the 8254 is cut off").isFalse();
        configure(0, ENABLE, 20);
        configure(1, ENABLE, 20);
        pc.write64(timer(0) + 8, 100);
        pc.write64(timer(1) + 8, 200);
        pc.advanceTicks(100);
        assertThat(pc.irq0.level).isTrue();
        assertThat(pc.irq8.level).isFalse();
        pc.advanceTicks(100);
        assertThat(pc.irq8.level).isTrue();
        assertThat(pc.pins[20].rises).isZero();
        pc.write(CONFIGURATION, RUN);
        assertThat(pc.irq0.level).as("the 8254's level again").isTrue();
    }

    @Test
    void anEdgeFallsBeforeItRisesAgain() {
        pc.write(CONFIGURATION, RUN | LEGACY);
        configure(0, ENABLE | PERIODIC | VALUE_SET, 20);
        pc.write64(timer(0) + 8, 10);
        pc.advanceTicks(35);
        assertThat(pc.irq0.rises).isEqualTo(3);
        assertThat(pc.irq0.level).isTrue();
        configure(0, 0, 20);
        assertThat(pc.irq0.level).isFalse();
    }

    @Test
    void aTimerCanSendMessages() {
        pc.write(CONFIGURATION, RUN);
        pc.write64(timer(0) + 0x10, 0xfee0_1000_0000_0041L);
        configure(0, ENABLE | PERIODIC | VALUE_SET | BY_MESSAGE, 20);
        pc.write64(timer(0) + 8, 10);
        pc.advanceTicks(20);
        assertThat(pc.messages).containsExactly("fee01000 41", "fee01000 41");
        assertThat(pc.pins[20].rises).isZero();
    }

    @Test
    void aRouteThatIsNotThereIsNotTaken() {
        configure(0, 0, 22);
        configure(0, 0, 5);
        assertThat(pc.read(timer(0)) >> 9 & 0x1f).isEqualTo(22);
    }

    @Test
    void timersOnOnePinShareIt() {
        pc.write(CONFIGURATION, RUN);
        configure(0, ENABLE | LEVEL, 20);
        configure(1, ENABLE | LEVEL, 20);
        pc.write64(timer(0) + 8, 10);
        pc.write64(timer(1) + 8, 10);
        pc.advanceTicks(10);
        assertThat(pc.read(STATUS)).isEqualTo(3);
        pc.write(STATUS, 1);
        assertThat(pc.pins[20].level).isTrue();
        pc.write(STATUS, 2);
        assertThat(pc.pins[20].level).isFalse();
    }

    @Test
    void noEventIsRunForWhatCannotInterrupt() {
        pc.write(CONFIGURATION, RUN);
        configure(0, PERIODIC | VALUE_SET, 20);
        pc.write64(timer(0) + 8, 1);
        configure(1, ENABLE | LEVEL | PERIODIC | VALUE_SET, 20);
        pc.write64(timer(1) + 8, 1);
        pc.advanceTicks(100_000);
        assertThat(pc.bench.eventsRun).as("the first of the level's").isEqualTo(1);
        assertThat(pc.read64(timer(0) + 8)).isEqualTo(100_001);
    }

    @Property(tries = 200)
    void aRestoredHpetBehavesAsTheOriginalUnderRandomTraffic(@ForAll long seed, @ForAll @IntRange(max = 200) int before) {
        Random random = new Random(seed);
        Pc original = new Pc();
        for (int i = 0; i < before; i++) {
            step(original, random);
        }
        Pc restored = new Pc();
        restored.hpet.restore(original.hpet.state());
        restored.bench.restoreTime(original.bench.clock.position(), original.bench.deadlines());
        original.messages.clear();
        long next = random.nextLong();
        Random first = new Random(next);
        Random second = new Random(next);
        CountedChanges changes = new CountedChanges(restored.hpet);
        for (int i = 0; i < 100; i++) {
            assertThat(step(restored, first)).isEqualTo(step(original, second));
            changes.check();
        }
        assertThat(restored.hpet.state()).isEqualTo(original.hpet.state());
        assertThat(restored.bench.deadlines()).isEqualTo(original.bench.deadlines());
        assertThat(restored.messages).isEqualTo(original.messages);
    }

    private static long step(Pc pc, Random random) {
        int register = random.nextInt(0x180) & ~3;
        switch (random.nextInt(6)) {
            case 0 -> {
                return pc.read(register);
            }
            case 1 -> pc.write(CONFIGURATION, random.nextInt(4));
            case 2 -> pc.write(timer(random.nextInt(3)) + 8, random.nextInt(1000));
            case 3 -> pc.bench.advance(random.nextInt(3_000));
            case 4 -> pc.hpet.irq0().set(random.nextBoolean());
            default -> pc.write(register, random.nextInt());
        }
        return pc.read(STATUS);
    }
}
