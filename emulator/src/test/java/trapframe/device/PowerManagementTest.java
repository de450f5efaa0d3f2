package trapframe.device;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** ACPI 6.5, section 4.8. */
class PowerManagementTest {
    private static final int STATUS = 0x600;
    private static final int ENABLE = 0x602;
    private static final int CONTROL = 0x604;
    private static final int TIMER = 0x608;
    private static final int TIMER_BIT = 1;
    private static final int POWER_BUTTON = 1 << 8;
    private static final int SLEEP = 1 << 13;

    private final DeviceBench bench = new DeviceBench();
    private final DeviceBench.Probe sci = new DeviceBench.Probe();
    private final RecordedControl control = new RecordedControl();
    private final PowerManagement power = new PowerManagement(bench.events, sci, control);

    @BeforeEach
    void attach() {
        power.attach(bench.ports);
    }

    private int read(int port, int width) {
        return bench.ports.read(port, width);
    }

    private void write(int port, int width, int value) {
        bench.ports.write(port, width, value);
    }

    @Test
    void theTimerHas24BitsAndCountsAt3579545Hertz() {
        bench.advance(1_000_000_000);
        assertThat(read(TIMER, 4)).isEqualTo(3_579_545);
        bench.advance(4_000_000_000L);
        assertThat(read(TIMER, 4)).isEqualTo(5 * 3_579_545 - (1 << 24));
        assertThat(read(TIMER + 1, 1)).isEqualTo((5 * 3_579_545 - (1 << 24)) >> 8 & 0xff);
    }

    @Test
    void theTimersStatusIsSetWheneverItsHighestBitChanges() {
        bench.advance(2_343_000_000L);
        assertThat(read(STATUS, 2) & TIMER_BIT).isZero();
        bench.advance(1_000_000);
        assertThat(read(STATUS, 2) & TIMER_BIT).isEqualTo(TIMER_BIT);
        write(STATUS, 2, TIMER_BIT);
        assertThat(read(STATUS, 2) & TIMER_BIT).isZero();
        assertThat(bench.eventsRun).isZero();
        bench.advance(2_344_000_000L);
        assertThat(read(STATUS, 2) & TIMER_BIT).isEqualTo(TIMER_BIT);
        assertThat(sci.level).as("not enabled").isFalse();
    }

    @Test
    void theTimerInterruptsWhenItIsEnabled() {
        write(ENABLE, 2, TIMER_BIT);
        bench.advance(2_343_000_000L);
        assertThat(sci.level).isFalse();
        bench.advance(1_000_000);
        assertThat(sci.level).isTrue();
        write(STATUS, 2, TIMER_BIT);
        assertThat(sci.level).isFalse();
        bench.advance(2_344_000_000L);
        assertThat(sci.rises).isEqualTo(2);
        assertThat(bench.eventsRun).isEqualTo(2);
    }

    @Test
    void thePowerButtonRaisesSciUntilItsStatusIsCleared() {
        power.pressPowerButton();
        assertThat(read(STATUS, 2)).isEqualTo(POWER_BUTTON);
        assertThat(sci.level).isFalse();
        write(ENABLE, 2, POWER_BUTTON);
        assertThat(sci.level).isTrue();
        write(STATUS + 1, 1, POWER_BUTTON >> 8);
        assertThat(sci.level).isFalse();
    }

    @Test
    void statusAndEnableCanBeReadAtOnce() {
        power.pressPowerButton();
        write(ENABLE, 2, 0xffff);
        assertThat(read(STATUS, 4)).isEqualTo(0x0521_0100);
    }

    @Test
    void theMachineIsAlwaysInAcpiMode() {
        assertThat(read(CONTROL, 2)).isEqualTo(1);
        write(CONTROL, 2, 0);
        assertThat(read(CONTROL, 2)).isEqualTo(1);
    }

    @Test
    void sleepTypeZeroWithSleepEnableSwitchesOff() {
        write(CONTROL, 2, 5 << 10 | SLEEP);
        assertThat(control.calls).as("no such state").isEmpty();
        assertThat(read(CONTROL, 2)).as("SLP_EN reads 0").isEqualTo(5 << 10 | 1);
        write(CONTROL, 2, SLEEP);
        assertThat(control.calls).containsExactly("power off");
    }

    @Test
    void writesOfBytesReachTheirHalf() {
        write(ENABLE + 1, 1, 1);
        assertThat(read(ENABLE, 2)).isEqualTo(POWER_BUTTON);
        write(ENABLE, 1, 1);
        assertThat(read(ENABLE, 2)).isEqualTo(POWER_BUTTON | TIMER_BIT);
        write(CONTROL + 1, 1, SLEEP >> 8);
        assertThat(control.calls).containsExactly("power off");
    }

    @Test
    void theTimerAndHolesAreNotWritten() {
        write(TIMER, 4, 0x1234);
        write(CONTROL + 2, 2, -1);
        assertThat(read(TIMER, 4)).isZero();
        assertThat(read(CONTROL + 2, 2)).isZero();
    }
}
