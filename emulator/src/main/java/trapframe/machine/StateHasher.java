package trapframe.machine;

import java.lang.reflect.Array;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** Feeds state into a hash that is the same for equal state on every host: SHA-256, shortened to 128 bits. */
final class StateHasher {
    private static final int SHORTENED = 16;

    private final MessageDigest digest;

    StateHasher() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    StateHasher add(long value) {
        for (int i = 0; i < Long.SIZE; i += Byte.SIZE) {
            digest.update((byte) (value >>> i));
        }
        return this;
    }

    StateHasher add(byte[] bytes) {
        digest.update(bytes);
        return this;
    }

    /** Adds a state record with everything in it: records, lists, arrays, text, numbers, booleans and enums. */
    StateHasher addState(Object value) {
        switch (value) {
            case null -> add(0);
            case Record record -> {
                for (RecordComponent component : record.getClass().getRecordComponents()) {
                    addState(read(component, record));
                }
            }
            case List<?> list -> {
                add(list.size());
                list.forEach(this::addState);
            }
            case Boolean flag -> add(flag ? 1 : 0);
            case Character character -> add(character);
            case Number number -> add(number.longValue());
            case Enum<?> constant -> add(constant.ordinal());
            case byte[] bytes -> add(bytes.length).add(bytes);
            case String text -> add(text.length()).add(text.getBytes(StandardCharsets.UTF_8));
            default -> {
                if (!value.getClass().isArray()) {
                    throw new IllegalArgumentException("no hash for a " + value.getClass());
                }
                add(Array.getLength(value));
                for (int i = 0; i < Array.getLength(value); i++) {
                    addState(Array.get(value, i));
                }
            }
        }
        return this;
    }

    String hex() {
        return HexFormat.of().formatHex(digest.digest(), 0, SHORTENED);
    }

    private static Object read(RecordComponent component, Record record) {
        try {
            var accessor = component.getAccessor();
            accessor.setAccessible(true);
            return accessor.invoke(record);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }
}
