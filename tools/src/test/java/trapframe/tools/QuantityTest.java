package trapframe.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;
import trapframe.tools.Quantity.Limit;

class QuantityTest {
    @ParameterizedTest
    @CsvSource({"1048576, 1048576", "256M, 268435456", "256m, 268435456", "1G, 1073741824", "1.5K, 1536", "2GiB, 2147483648"})
    void readsMemorySizesInPowersOf1024(String text, long bytes) {
        assertThat(new Quantity.MemorySize().convert(text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @CsvSource({"10s, 10000000000", "500ms, 500000000", "1.5s, 1500000000", "20us, 20000", "7ns, 7", "1min, 60000000000"})
    void readsVirtualTimes(String text, long nanos) {
        assertThat(new Quantity.LimitConverter().convert(text)).isEqualTo(new Limit.VirtualTime(nanos));
    }

    @ParameterizedTest
    @CsvSource({"5G, 5000000000", "100, 100", "2.5k, 2500", "1T, 1000000000000"})
    void readsCodeBytesInPowersOf1000(String text, long bytes) {
        assertThat(new Quantity.LimitConverter().convert(text)).isEqualTo(new Limit.CodeBytes(bytes));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "s", "-1s", "10 s", "10x", "1e9", "0s", "0", "1.5", "99999999999999999999", "9999999999T",
            "0.5ns", "١s"})
    void refusesWhatIsNoLimit(String text) {
        assertThatThrownBy(() -> new Quantity.LimitConverter().convert(text))
                .isInstanceOf(TypeConversionException.class).hasMessageContaining("'" + text + "'");
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "838, 838", "5M, 5000000", "2.5k, 2500"})
    void readsPositionsInPowersOf1000(String text, long positions) {
        assertThat(new Quantity.Positions().convert(text)).isEqualTo(positions);
    }

    @ParameterizedTest
    @CsvSource({"16, 16", "0x10, 16", "255, 255", "0, 0"})
    void readsBytes(String text, int value) {
        assertThat(new Quantity.ByteValue().convert(text)).isEqualTo(value);
    }

    @Test
    void refusesBytesOutOfRange() {
        assertThatThrownBy(() -> new Quantity.ByteValue().convert("256")).isInstanceOf(TypeConversionException.class);
        assertThatThrownBy(() -> new Quantity.ByteValue().convert("-1")).isInstanceOf(TypeConversionException.class);
    }

    @Property(tries = 300)
    void noTextIsAnInternalError(@ForAll String text) {
        try {
            assertThat(new Quantity.MemorySize().convert(text)).isNotNegative();
        } catch (TypeConversionException refused) {
            assertThat(refused).hasMessageContaining(text);
        }
    }
}
