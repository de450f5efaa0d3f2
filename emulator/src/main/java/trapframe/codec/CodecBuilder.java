package trapframe.codec;

import java.lang.reflect.Array;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Makes the codec of a type out of those of its parts. */
final class CodecBuilder {
    private CodecBuilder() { }

    @SuppressWarnings("unchecked")
    static <T> Codec<T> codec(Type type) {
        return (Codec<T>) switch (type) {
            case ParameterizedType generic when generic.getRawType() == List.class -> list(codec(generic.getActualTypeArguments()[0]));
            case ParameterizedType generic when generic.getRawType() == Optional.class ->
                    optional(codec(generic.getActualTypeArguments()[0]));
            case Class<?> plain -> ofClass(plain);
            default -> throw new IllegalArgumentException("no codec for " + type);
        };
    }

    private static Codec<?> ofClass(Class<?> type) {
        if (type.isRecord()) {
            return RecordCodec.ofRecord(type);
        }
        if (type.isSealed() && type.isInterface()) {
            return oneOf(type);
        }
        if (type.isEnum()) {
            return constant(type);
        }
        if (type == byte[].class) {
            return simple("bytes", (byte[] value, ByteWriter writer) -> bytes(value, writer), CodecBuilder::bytes);
        }
        if (type.isArray()) {
            return array(type.componentType(), codec(type.componentType()));
        }
        return plain(type);
    }

    private static Codec<?> plain(Class<?> type) {
        if (type == long.class || type == Long.class) {
            return simple("long", (Long value, ByteWriter writer) -> writer.signed(value), ByteReader::signed);
        }
        if (type == int.class || type == Integer.class) {
            return simple("int", (Integer value, ByteWriter writer) -> writer.signed(value),
                    reader -> (int) reader.signed(Integer.MIN_VALUE, Integer.MAX_VALUE));
        }
        if (type == boolean.class || type == Boolean.class) {
            return simple("boolean", (Boolean value, ByteWriter writer) -> writer.signed(value ? 1 : 0), reader -> reader.signed(0, 1) == 1);
        }
        if (type == String.class) {
            return simple("text", (String value, ByteWriter writer) -> text(value, writer), CodecBuilder::text);
        }
        if (type == Path.class) {
            return simple("path", (Path value, ByteWriter writer) -> text(value.toString(), writer), CodecBuilder::path);
        }
        throw new IllegalArgumentException("no codec for " + type);
    }

    private static <T> Codec<T> simple(String shape, BiConsumer<T, ByteWriter> toBytes, Function<ByteReader, T> fromBytes) {
        return new Codec<>(shape) {
            @Override
            public void write(T value, ByteWriter writer) {
                toBytes.accept(value, writer);
            }

            @Override
            public T read(ByteReader reader) {
                return fromBytes.apply(reader);
            }
        };
    }

    private static void bytes(byte[] value, ByteWriter writer) {
        writer.unsigned(value.length);
        writer.raw(value);
    }

    private static byte[] bytes(ByteReader reader) {
        return reader.raw(reader.count());
    }

    /** By UTF-16 units, so that everything a String can hold comes back. */
    private static void text(String value, ByteWriter writer) {
        if (value.chars().allMatch(unit -> unit < 0x80)) {
            writer.signed(value.length());
            writer.raw(value.getBytes(StandardCharsets.US_ASCII));
        } else {
            writer.signed(-value.length());
            value.chars().forEach(writer::unsigned);
        }
    }

    private static String text(ByteReader reader) {
        long length = reader.signed();
        if (length >= 0) {
            return new String(reader.raw((int) Math.min(length, Integer.MAX_VALUE)), StandardCharsets.ISO_8859_1);
        }
        StringBuilder text = new StringBuilder();
        for (long i = length; i < 0; i++) {
            text.append((char) reader.unsigned());
        }
        return text.toString();
    }

    private static Path path(ByteReader reader) {
        try {
            return Path.of(text(reader));
        } catch (InvalidPathException e) {
            throw new DamagedException("a file's name is none");
        }
    }

    private static Codec<List<Object>> list(Codec<Object> element) {
        return simple("list of " + element.shape(), (value, writer) -> {
            writer.unsigned(value.size());
            value.forEach(item -> element.write(item, writer));
        }, reader -> {
            int count = reader.count();
            List<Object> items = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                items.add(element.read(reader));
            }
            return Collections.unmodifiableList(items);
        });
    }

    private static Codec<Optional<Object>> optional(Codec<Object> element) {
        return simple("perhaps " + element.shape(), (value, writer) -> {
            writer.signed(value.isPresent() ? 1 : 0);
            value.ifPresent(item -> element.write(item, writer));
        }, reader -> reader.signed(0, 1) == 1 ? Optional.of(element.read(reader)) : Optional.empty());
    }

    private static Codec<Object> array(Class<?> type, Codec<Object> element) {
        return simple("array of " + element.shape(), (value, writer) -> {
            writer.unsigned(Array.getLength(value));
            for (int i = 0; i < Array.getLength(value); i++) {
                element.write(Array.get(value, i), writer);
            }
        }, reader -> {
            Object array = Array.newInstance(type, reader.count());
            for (int i = 0; i < Array.getLength(array); i++) {
                Array.set(array, i, element.read(reader));
            }
            return array;
        });
    }

    private static Codec<Object> constant(Class<?> type) {
        Object[] constants = type.getEnumConstants();
        return simple("one of " + Arrays.toString(constants), (value, writer) -> writer.signed(((Enum<?>) value).ordinal()),
                reader -> constants[(int) reader.signed(0, constants.length - 1)]);
    }

    private static Codec<Object> oneOf(Class<?> type) {
        List<Class<?>> kinds = List.of(type.getPermittedSubclasses());
        List<Codec<Object>> codecs = kinds.stream().map(CodecBuilder::<Object>codec).toList();
        String shape = kinds.stream().map(Class::getSimpleName).toList()
                + codecs.stream().map(Codec::shape).collect(Collectors.joining(" or ", "(", ")"));
        return simple(shape, (value, writer) -> {
            int kind = IntStream.range(0, kinds.size()).filter(each -> kinds.get(each).isInstance(value)).findFirst().orElseThrow();
            writer.signed(kind);
            codecs.get(kind).write(value, writer);
        }, reader -> codecs.get((int) reader.signed(0, kinds.size() - 1)).read(reader));
    }
}
