package trapframe.firmware;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Encodings, against the examples and tables of the ACPI specification, chapter 20. */
class AmlTest {
    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    @Test
    void integersTakeAsFewBytesAsTheyCan() {
        assertThat(hex(Aml.integer(0))).isEqualTo("00");
        assertThat(hex(Aml.integer(1))).isEqualTo("01");
        assertThat(hex(Aml.integer(2))).isEqualTo("0a02");
        assertThat(hex(Aml.integer(0xff))).isEqualTo("0aff");
        assertThat(hex(Aml.integer(0x100))).isEqualTo("0b0001");
        assertThat(hex(Aml.integer(0x1_0000))).isEqualTo("0c00000100");
        assertThat(hex(Aml.integer(0xffff_ffffL))).isEqualTo("0cffffffff");
        assertThat(hex(Aml.integer(0x1_0000_0000L))).isEqualTo("0e0000000001000000");
        assertThat(hex(Aml.integer(-1))).isEqualTo("0effffffffffffffff");
    }

    @Test
    void namesArePaddedAndPrefixedByTheirNumberOfSegments() {
        assertThat(hex(Aml.path("_SB"))).isEqualTo(hex("_SB_".getBytes()));
        assertThat(hex(Aml.path("\\_S5"))).isEqualTo("5c" + hex("_S5_".getBytes()));
        assertThat(hex(Aml.path("A.B"))).isEqualTo("2e" + hex("A___B___".getBytes()));
        assertThat(hex(Aml.path("\\A.B.CCCC"))).isEqualTo("5c2f03" + hex("A___B___CCCC".getBytes()));
    }

    @Test
    void hardwareIdsArePacked() {
        assertThat(hex(Aml.eisaId("PNP0A03"))).isEqualTo("0c41d00a03");
        assertThat(hex(Aml.eisaId("PNP0501"))).isEqualTo("0c41d00501");
        assertThat(hex(Aml.eisaId("PNP0000"))).as("an integer like others").isEqualTo("0b41d0");
        assertThat(hex(Aml.string("LNRO0005"))).isEqualTo("0d" + hex("LNRO0005".getBytes()) + "00");
    }

    /** The length counts itself: 6 bits in one byte, 12 in two, 20 in three. */
    @ParameterizedTest
    @CsvSource({"0, 05", "58, 3f", "59, 4104", "4089, 4fff", "4090, 810001"})
    void packageLengthsGrowWhereTheyHaveTo(int bytes, String length) {
        byte[] scope = Aml.scope("_SB", new byte[bytes]);
        assertThat(hex(Arrays.copyOf(scope, 1 + length.length() / 2))).isEqualTo("10" + length);
        assertThat(scope).hasSize(1 + length.length() / 2 + 4 + bytes);
    }

    @Test
    void devicesNestAndListsCountTheirElements() {
        byte[] value = Aml.name("_ADR", Aml.integer(0));
        assertThat(hex(value)).isEqualTo("08" + hex("_ADR".getBytes()) + "00");
        assertThat(hex(Aml.device("X", value))).isEqualTo("5b820b" + hex("X___".getBytes()) + hex(value));
        assertThat(hex(Aml.list(Aml.integer(0), Aml.integer(5)))).isEqualTo("12050200" + "0a05");
    }

    @Test
    void resourceTemplatesEndWithTheirTag() {
        assertThat(hex(new Resources().ports(0x3f8, 8).irq(4).build()))
                .isEqualTo("11100a0d" + "4701f803f8030108" + "221000" + "7900");
        assertThat(hex(new Resources().memory(0xfed0_0000L, 0x400).build()))
                .isEqualTo("11110a0e" + "86090001" + "0000d0fe" + "00040000" + "7900");
        assertThat(hex(new Resources().interrupt(20).build())).isEqualTo("110e0a0b" + "8906000101" + "14000000" + "7900");
        assertThat(hex(new Resources().buses(0, 0).build()))
                .isEqualTo("11150a12" + "880d00" + "020c00" + "00000000000000000100" + "7900");
    }
}
