package trapframe.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The memory type range registers by SDM vol. 3A, section 12.11. */
class MemoryTypeRangesTest {
    private final MemoryTypeRanges ranges = new MemoryTypeRanges();

    @Test
    void firmwareLeavesRamCachedAndTheHoleForDevicesUncached() {
        assertThat(ranges.read(0xfe)).as("eight pairs, fixed ranges, write combining").isEqualTo(0x508);
        assertThat(ranges.read(0x2ff)).as("on, fixed ranges on, write back").isEqualTo(0xc06);
        assertThat(ranges.read(0x200)).as("uncached from 3 GiB").isEqualTo(0xc000_0000L);
        assertThat(ranges.read(0x201)).as("to 4 GiB, of 40 bits").isEqualTo(0xff_c000_0800L);
        assertThat(ranges.read(0x250)).as("0 to 0x7ffff").isEqualTo(0x0606_0606_0606_0606L);
        assertThat(ranges.read(0x258)).as("0x80000 to 0x9ffff").isEqualTo(0x0606_0606_0606_0606L);
        assertThat(ranges.read(0x259)).as("0xa0000 to 0xbffff").isZero();
        assertThat(ranges.read(0x26f)).as("0xf8000 to 0xfffff").isEqualTo(0x0505_0505_0505_0505L);
    }

    @ParameterizedTest(name = "{0} takes {1}")
    @CsvSource({"200, ff00000006", "20f, ffffff_f800", "20e, 1", "250, 0605040100000000", "26f, 0", "2ff, c00", "2ff, 6"})
    void whatIsAllowedIsReadAgain(String msr, String value) {
        int register = Integer.parseInt(msr, 16);
        long written = Long.parseUnsignedLong(value.replace("_", ""), 16);

        assertThat(ranges.write(register, written)).isTrue();

        assertThat(ranges.read(register)).isEqualTo(written);
    }

    /** Reserved bits, addresses past the 40 that there are, the types 2, 3 and 7, and the register that only says what there is. */
    @ParameterizedTest(name = "{0} refuses {1}")
    @CsvSource({"fe, 508", "200, 2", "200, 7", "200, 100", "200, 10000000006", "201, 400", "201, 10000000800", "250, 0200000000000000", "26f, 7",
        "2ff, 100", "2ff, 3", "2ff, 1006", "2ff, 100000006"})
    void whatTheManualReservesChangesNothing(String msr, String value) {
        int register = Integer.parseInt(msr, 16);
        long before = ranges.read(register);

        assertThat(ranges.write(register, Long.parseUnsignedLong(value, 16))).isFalse();

        assertThat(ranges.read(register)).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource({"1ff, false", "200, true", "20f, true", "210, false", "24f, false", "250, true", "251, false", "257, false", "259, true", "260, false",
        "268, true", "270, false", "2fe, false", "2ff, true", "fe, true"})
    void thereAreEightPairsElevenFixedRangesAndADefault(String msr, boolean there) {
        assertThat(MemoryTypeRanges.has(Integer.parseInt(msr, 16))).isEqualTo(there);
    }

    @Test
    void aRestoredStateIsThatOfTheMomentItWasTaken() {
        ranges.write(0x202, 0x1000_0000L);
        long[] state = ranges.state();
        ranges.write(0x202, 0);
        ranges.write(0x2ff, 0);

        ranges.restore(state);

        assertThat(ranges.read(0x202)).isEqualTo(0x1000_0000L);
        assertThat(ranges.read(0x2ff)).isEqualTo(0xc06);
    }
}
