package trapframe.device;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FirmwareConfigurationTest {
    private static final int SELECTOR = 0x510;
    private static final int DATA = 0x511;

    private final DeviceBench bench = new DeviceBench();
    private final FirmwareConfiguration configuration = new FirmwareConfiguration(0x1_2345_6000L, 5);

    @BeforeEach
    void attach() {
        configuration.attach(bench.ports);
    }

    private long item(int number, int bytes) {
        bench.ports.write(SELECTOR, 2, number);
        return rest(bytes);
    }

    private long rest(int bytes) {
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= (long) bench.in(DATA) << Byte.SIZE * i;
        }
        return value;
    }

    @Test
    void theItemsSayWhatTheMachineHas() {
        assertThat(item(0, 4)).as("signature").isEqualTo('Q' | 'E' << 8 | 'M' << 16 | 'U' << 24);
        assertThat(item(1, 4)).as("id: without DMA").isEqualTo(1);
        assertThat(item(3, 8)).as("RAM").isEqualTo(0x1_2345_6000L);
        assertThat(item(5, 2)).as("processors").isEqualTo(5);
        assertThat(item(15, 2)).as("most processors").isEqualTo(5);
    }

    @Test
    void whatIsPastAnItemAndWhatThereIsNoneOfReadsZero() {
        assertThat(item(5, 8)).isEqualTo(5);
        assertThat(item(0x19, 4)).as("the number of files").isZero();
        assertThat(item(0xffff, 4)).isZero();
    }

    @Test
    void onlyAWordAtTheFirstPortSelects() {
        assertThat(item(0, 1)).isEqualTo('Q');
        bench.out(SELECTOR, 5);
        bench.out(DATA, 5);
        bench.ports.write(DATA, 2, 5);
        assertThat(rest(2)).isEqualTo('E' | 'M' << 8);
    }

    @Test
    void aRestoredDeviceGoesOnAtTheSameByte() {
        assertThat(item(0, 2)).isEqualTo('Q' | 'E' << 8);
        FirmwareConfiguration.State state = configuration.state();
        item(3, 3);

        configuration.restore(state);

        assertThat(rest(2)).isEqualTo('M' | 'U' << 8);
    }
}
