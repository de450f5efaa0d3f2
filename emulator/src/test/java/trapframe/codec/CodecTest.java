package trapframe.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class CodecTest {
    private enum Colour { RED, GREEN }

    private sealed interface Shape {
        record Circle(int radius) implements Shape { }

        record Line(long from, long to) implements Shape { }

        sealed interface Solid extends Shape { }

        record Ball(int radius) implements Solid { }
    }

    private record Small(boolean flag, Colour colour) {
        Small {
            if (flag && colour == Colour.GREEN) {
                throw new IllegalArgumentException("a green flag");
            }
        }
    }

    private record Everything(long number, int small, String text, List<Integer> list, List<List<Small>> nested, Optional<String> perhaps,
                              Path path, List<Shape> shapes) { }

    private record Arrays3(byte[] bytes, long[] longs, boolean[] flags) { }

    private static final Codec<Everything> EVERYTHING = Codec.of(Everything.class);
    private static final Codec<Arrays3> ARRAYS = Codec.of(Arrays3.class);

    @Property
    void whatIsReadIsWhatWasWritten(@ForAll long number, @ForAll int small, @ForAll String text, @ForAll List<Integer> list,
            @ForAll boolean flag) {
        Everything value = new Everything(number, small, text, list, List.of(List.of(new Small(flag, Colour.RED)), List.of()),
                flag ? Optional.of(text) : Optional.empty(), Path.of("a", "b"),
                List.of(new Shape.Line(number, small), new Shape.Circle(small), new Shape.Ball(small)));

        assertThat(EVERYTHING.fromBytes(EVERYTHING.toBytes(value))).isEqualTo(value);
    }

    @Property
    void arraysComeBack(@ForAll byte[] bytes, @ForAll long[] longs, @ForAll boolean[] flags) {
        Arrays3 read = ARRAYS.fromBytes(ARRAYS.toBytes(new Arrays3(bytes, longs, flags)));

        assertThat(read.bytes).isEqualTo(bytes);
        assertThat(read.longs).isEqualTo(longs);
        assertThat(read.flags).isEqualTo(flags);
    }

    @Property
    void arbitraryBytesAreReadOrRefused(@ForAll byte[] bytes) {
        refusedOrReadable(EVERYTHING, bytes);
        refusedOrReadable(ARRAYS, bytes);
    }

    @Property
    void aChangedByteIsReadOrRefused(@ForAll int place, @ForAll byte value, @ForAll String text) {
        byte[] bytes = EVERYTHING.toBytes(new Everything(1, 2, text, List.of(3, 4), List.of(List.of(new Small(false, Colour.RED))),
                Optional.of(text), Path.of("p"), List.of(new Shape.Circle(1))));
        bytes[Math.floorMod(place, bytes.length)] = value;

        refusedOrReadable(EVERYTHING, bytes);
        refusedOrReadable(EVERYTHING, Arrays.copyOf(bytes, Math.floorMod(place, bytes.length)));
    }

    private static <T> void refusedOrReadable(Codec<T> codec, byte[] bytes) {
        try {
            codec.toBytes(codec.fromBytes(bytes));
        } catch (DamagedException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    @Test
    void aValueThatItsRecordRefusesIsDamage() {
        Codec<Small> codec = Codec.of(Small.class);
        byte[] bytes = codec.toBytes(new Small(false, Colour.GREEN));
        bytes[0] = 2;

        assertThatThrownBy(() -> codec.fromBytes(bytes)).isInstanceOf(DamagedException.class).hasMessageContaining("a green flag");
    }

    @Test
    void aLengthThatPromisesMoreThanThereIsTakesNoMemory() {
        ByteWriter writer = new ByteWriter();
        writer.unsigned(Integer.MAX_VALUE);

        assertThatThrownBy(() -> ARRAYS.fromBytes(writer.toBytes())).isInstanceOf(DamagedException.class);
    }

    @Test
    void shapesTellTypesApart() {
        assertThat(Codec.of(Small.class).shape()).isNotEqualTo(Codec.of(Shape.Circle.class).shape());
        assertThat(Codec.of(Shape.Line.class).shape()).contains("from", "to", "long");
    }

    @Test
    void aTypeThatCannotBeWrittenIsRefusedAtOnce() {
        assertThatThrownBy(() -> Codec.of(Thread.class)).isInstanceOf(IllegalArgumentException.class);
    }
}
