package trapframe.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.LocalDateTime;
import java.time.ZoneOffset;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Rtc146818Test {
    private static final long SECOND = 1_000_000_000L;
    private static final int A = 0x0a;
    private static final int B = 0x0b;
    private static final int C = 0x0c;
    private static final int D = 0x0d;
    private static final int CENTURY = 0x32;
    private static final int UIP = 0x80;
    private static final int SET = 0x80;
    private static final int PIE = 0x40;
    private static final int AIE = 0x20;
    private static final int UIE = 0x10;
    private static final int BINARY = 0x04;
    private static final int H24 = 0x02;

    /** A Saturday. */
    private static final LocalDateTime POWER_ON = LocalDateTime.of(2028, 2, 26, 23, 59, 58);

    private final DeviceBench bench = new DeviceBench();
    private final DeviceBench.Probe irq8 = new DeviceBench.Probe();
    private final Rtc146818 rtc = rtcAt(bench, POWER_ON);

    private Rtc146818 rtcAt(DeviceBench where, LocalDateTime time) {
        Rtc146818 chip = new Rtc146818(where.events, irq8, time.toEpochSecond(ZoneOffset.UTC), 256L << 20);
        chip.attach(where.ports);
        return chip;
    }

    private int get(int register) {
        return get(bench, register);
    }

    private static int get(DeviceBench where, int register) {
        where.out(0x70, register);
        return where.in(0x71);
    }

    private void put(int register, int value) {
        bench.out(0x70, register);
        bench.out(0x71, value);
    }

    private String shown() {
        return String.format("%02x%02x-%02x-%02x %02x:%02x:%02x day %x",
                get(CENTURY), get(9), get(8), get(7), get(4), get(2), get(0), get(6));
    }

    @Test
    void showsTheDateOfTheMachinesDescriptionInBcd() {
        assertThat(shown()).isEqualTo("2028-02-26 23:59:58 day 7");
        assertThat(get(A)).isEqualTo(0x26);
        assertThat(get(B)).isEqualTo(H24);
        assertThat(get(D)).isEqualTo(0x80);
    }

    @Test
    void secondsCarryThroughTheWholeDate() {
        bench.advance(2 * SECOND - 1);
        assertThat(shown()).isEqualTo("2028-02-26 23:59:59 day 7");
        bench.advance(1);
        assertThat(shown()).isEqualTo("2028-02-27 00:00:00 day 1");
        bench.advance(2 * 86_400 * SECOND);
        assertThat(shown()).as("2028 is a leap year").isEqualTo("2028-02-29 00:00:00 day 3");
        bench.advance(72L * 365 * 86_400 * SECOND);
        assertThat(get(CENTURY)).isEqualTo(0x21);
    }

    @Test
    void binaryAndTwelveHourFormatsAreHonouredAfterTheyAreSet() {
        put(B, SET | BINARY);
        put(4, 0x80 | 11);
        put(2, 59);
        put(0, 59);
        put(7, 26);
        put(8, 2);
        put(9, 28);
        put(CENTURY, 20);
        put(B, BINARY);
        assertThat(get(4)).isEqualTo(0x8b);
        bench.advance(SECOND);
        assertThat(get(4)).as("midnight").isEqualTo(12);
        assertThat(get(2)).isZero();
        assertThat(get(7)).isEqualTo(27);
        bench.advance(12 * 3600 * SECOND);
        assertThat(get(4)).as("noon").isEqualTo(0x80 | 12);
        bench.advance(3600 * SECOND);
        assertThat(get(4)).isEqualTo(0x80 | 1);
    }

    @Test
    void setStopsTheUpdatesAndDisablesTheirInterrupt() {
        put(B, H24 | UIE);
        put(B, SET | H24 | UIE);
        assertThat(get(B)).isEqualTo(SET | H24);
        bench.advance(5 * SECOND + SECOND / 2);
        assertThat(get(0)).isEqualTo(0x58);
        assertThat(get(C) & 0x30).isZero();
        put(0, 0x10);
        put(B, H24);
        bench.advance(SECOND / 2);
        assertThat(get(0)).as("the chain ran on").isEqualTo(0x11);
    }

    @Test
    void aDateWrittenByteByByteWithoutSetIsTakenAtTheNextUpdate() {
        put(7, 0x31);
        assertThat(get(7)).isEqualTo(0x31);
        put(8, 0x12);
        bench.advance(3 * SECOND);
        assertThat(shown()).startsWith("2029-01-01 00:00:01");
    }

    @Test
    void uipIsHighFrom244MicrosecondsBeforeTheUpdateCycleToItsEnd() {
        long lead = Rtc146818.UIP_LEAD_NANOS + Rtc146818.UPDATE_NANOS;
        bench.advance(SECOND - lead - 1);
        assertThat(get(A) & UIP).isZero();
        bench.advance(1);
        assertThat(get(A) & UIP).isEqualTo(UIP);
        bench.advance(lead - 1);
        assertThat(get(A) & UIP).isEqualTo(UIP);
        assertThat(get(0)).isEqualTo(0x58);
        bench.advance(1);
        assertThat(get(A) & UIP).isZero();
        assertThat(get(0)).isEqualTo(0x59);
        put(B, SET | H24);
        bench.advance(SECOND - 1);
        assertThat(get(A) & UIP).as("no update while SET").isZero();
    }

    @Test
    void theFirstUpdateComesHalfASecondAfterTheDividerIsReleased() {
        bench.advance(SECOND / 5);
        put(A, 0x70);
        bench.advance(10 * SECOND);
        assertThat(get(0)).isEqualTo(0x58);
        put(A, 0x26);
        bench.advance(SECOND / 2 - 1);
        assertThat(get(0)).isEqualTo(0x58);
        bench.advance(1);
        assertThat(get(0)).isEqualTo(0x59);
        bench.advance(SECOND);
        assertThat(get(0)).isZero();
    }

    @ParameterizedTest
    @CsvSource({"1,256", "2,128", "3,8192", "4,4096", "5,2048", "6,1024", "7,512", "8,256", "9,128", "10,64",
        "11,32", "12,16", "13,8", "14,4", "15,2"})
    void thePeriodicInterruptHasTheRateOfRegisterA(int rate, int hertz) {
        put(A, 0x20 | rate);
        put(B, H24 | PIE);
        int interrupts = 0;
        for (int i = 0; i < 40_000; i++) {
            bench.advance(SECOND / 40_000);
            if (irq8.level) {
                interrupts++;
                assertThat(get(C) & 0xc0).isEqualTo(0xc0);
                assertThat(irq8.level).isFalse();
            }
        }
        assertThat(interrupts).isEqualTo(hertz);
    }

    @Test
    void rateZeroHasNoPeriodicFlag() {
        put(A, 0x20);
        get(C);
        bench.advance(SECOND / 2);
        assertThat(get(C)).isZero();
    }

    @Test
    void theUpdateEndedInterruptComesEverySecondAndWaitsForRegisterC() {
        put(B, H24 | UIE);
        bench.advance(SECOND - 1);
        assertThat(irq8.level).isFalse();
        bench.advance(1);
        assertThat(irq8.level).isTrue();
        bench.advance(10 * SECOND);
        assertThat(irq8.rises).isEqualTo(1);
        assertThat(get(C) & 0x90).isEqualTo(0x90);
        assertThat(irq8.level).isFalse();
        assertThat(get(C)).as("reading clears").isZero();
        bench.advance(SECOND);
        assertThat(irq8.rises).isEqualTo(2);
    }

    @Test
    void theAlarmComesAtItsTimeWithTheUpdate() {
        put(5, 0x00);
        put(3, 0x01);
        put(1, 0x30);
        put(B, H24 | AIE);
        bench.advance(92 * SECOND - 1);
        assertThat(irq8.level).isFalse();
        bench.advance(1);
        assertThat(irq8.level).isTrue();
        assertThat(get(C) & 0xb0).isEqualTo(0xb0);
        bench.advance(86_400 * SECOND - 1);
        assertThat(irq8.level).isFalse();
        bench.advance(1);
        assertThat(irq8.level).as("again the next day").isTrue();
    }

    @Test
    void alarmBytesOfC0AndAboveMatchEveryTime() {
        put(5, 0xff);
        put(3, 0xc0);
        put(1, 0x15);
        put(B, H24 | AIE);
        for (int i = 0; i < 3; i++) {
            bench.advance(60 * SECOND);
            assertThat(irq8.rises).isEqualTo(i + 1);
            assertThat(get(C) & 0xa0).isEqualTo(0xa0);
            assertThat(get(0)).isEqualTo(0x58);
        }
        put(1, 0x99);
        bench.advance(200 * SECOND);
        assertThat(irq8.rises).as("no second is 99").isEqualTo(3);
    }

    @Test
    void flagsAreSetWithoutTheirInterruptsAndIrqfIsNot() {
        bench.advance(3 * SECOND);
        assertThat(get(C)).as("PF, UF and, since the alarm bytes say midnight, AF").isEqualTo(0x70);
        assertThat(irq8.rises).isZero();
        bench.advance(SECOND / 2);
        put(B, H24 | PIE);
        assertThat(irq8.level).as("the flag is set already").isTrue();
    }

    @Test
    void withoutEnabledInterruptsThereAreNoEvents() {
        bench.advance(86_400 * SECOND);
        assertThat(bench.eventsRun).isZero();
        assertThat(get(7)).isEqualTo(0x27);
    }

    @Test
    void registersCAndDAndUipAreReadOnly() {
        put(C, 0xff);
        put(D, 0x00);
        put(A, 0xa6);
        assertThat(get(C)).isZero();
        assertThat(get(D)).isEqualTo(0x80);
        assertThat(get(A)).isEqualTo(0x26);
    }

    @Test
    void bit7OfTheIndexMasksTheNmiAndThereAre128Bytes() {
        assertThat(rtc.nmiMasked()).isFalse();
        put(0x80 | 0x7f, 0x5a);
        assertThat(rtc.nmiMasked()).isTrue();
        assertThat(get(0x7f)).isEqualTo(0x5a);
        assertThat(rtc.nmiMasked()).isFalse();
        assertThat(bench.in(0x70)).isEqualTo(0xff);
    }

    @Test
    void theConfigurationBytesTellTheMemory() {
        assertThat(get(0x15) | get(0x16) << 8).isEqualTo(640);
        assertThat(get(0x17) | get(0x18) << 8).as("255 MiB in KiB do not fit").isEqualTo(0xffff);
        assertThat(get(0x30) | get(0x31) << 8).isEqualTo(0xffff);
        assertThat(get(0x34) | get(0x35) << 8).as("240 MiB in units of 64 KiB").isEqualTo(3840);
        int sum = 0;
        for (int i = 0x10; i <= 0x2d; i++) {
            sum += get(i);
        }
        assertThat(get(0x2e) << 8 | get(0x2f)).isEqualTo(sum);
        DeviceBench small = new DeviceBench();
        new Rtc146818(small.events, irq8, 0, 8L << 20).attach(small.ports);
        assertThat(get(small, 0x17) | get(small, 0x18) << 8).isEqualTo(7 * 1024);
        assertThat(get(small, 0x34) | get(small, 0x35) << 8).isZero();
    }

    @Property(tries = 300)
    void everyDateAdvancesAsTheCalendarDoes(
            @ForAll @LongRange(min = 0, max = 7_000_000_000L) long epochSecond,
            @ForAll @LongRange(min = 0, max = 4_000_000_000L) long later,
            @ForAll @IntRange(min = 1, max = 4) int steps) {
        DeviceBench property = new DeviceBench();
        new Rtc146818(property.events, irq8, epochSecond, 1 << 20).attach(property.ports);
        for (int i = 0; i < steps; i++) {
            property.advance(later / steps * SECOND);
            LocalDateTime expected =
                    LocalDateTime.ofEpochSecond(epochSecond + later / steps * (i + 1), 0, ZoneOffset.UTC);
            String shown = String.format("%02x%02x-%02x-%02xT%02x:%02x:%02x", get(property, CENTURY),
                    get(property, 9), get(property, 8), get(property, 7), get(property, 4), get(property, 2),
                    get(property, 0));
            assertThat(LocalDateTime.parse(shown)).isEqualTo(expected);
            assertThat(get(property, 6)).isEqualTo(expected.getDayOfWeek().getValue() % 7 + 1);
        }
    }
}
