package trapframe.codec;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A record: its components, in order. */
final class RecordCodec<T> extends Codec<T> {
    private final MethodHandle constructor;
    private final MethodHandle[] accessors;
    private final Codec<Object>[] components;

    private RecordCodec(Class<T> type, Codec<Object>[] components) {
        super(Arrays.stream(type.getRecordComponents()).map(RecordComponent::getName).toList().toString() + IntStream
                .range(0, components.length).mapToObj(i -> components[i].shape()).collect(Collectors.joining(",", "(", ")")));
        this.components = components;
        RecordComponent[] parts = type.getRecordComponents();
        accessors = new MethodHandle[parts.length];
        try {
            Class<?>[] types = Arrays.stream(parts).map(RecordComponent::getType).toArray(Class<?>[]::new);
            Constructor<T> canonical = type.getDeclaredConstructor(types);
            canonical.setAccessible(true);
            constructor = MethodHandles.lookup().unreflectConstructor(canonical).asSpreader(Object[].class, types.length)
                    .asType(MethodType.methodType(Object.class, Object[].class));
            for (int i = 0; i < parts.length; i++) {
                parts[i].getAccessor().setAccessible(true);
                accessors[i] = MethodHandles.lookup().unreflect(parts[i].getAccessor())
                        .asType(MethodType.methodType(Object.class, Object.class));
            }
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    @SuppressWarnings("unchecked")
    static <T> RecordCodec<T> ofRecord(Class<T> type) {
        return new RecordCodec<>(type, Arrays.stream(type.getRecordComponents())
                .map(component -> CodecBuilder.codec(component.getGenericType())).toArray(Codec[]::new));
    }

    @Override
    public void write(T value, ByteWriter writer) {
        try {
            for (int i = 0; i < components.length; i++) {
                components[i].write(accessors[i].invokeExact((Object) value), writer);
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    @Override
    @SuppressWarnings("unchecked")
    public T read(ByteReader reader) {
        Object[] values = new Object[components.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = components[i].read(reader);
        }
        try {
            return (T) constructor.invokeExact(values);
        } catch (RuntimeException e) {
            throw new DamagedException("it says what cannot be: " + e.getMessage());
        } catch (Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
