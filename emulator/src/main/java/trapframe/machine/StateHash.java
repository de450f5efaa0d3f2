package trapframe.machine;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import trapframe.codec.Codec;

/**
 * A hash of a machine's state, equal for equal states on every host: SHA-256, shortened to 128 bits, over the hashes of its parts.
 *
 * @param parts the parts, in a fixed order
 * @param hex   the hash, 32 hexadecimal digits
 */
public record StateHash(List<Part> parts, String hex) {
    private static final int SHORTENED = 16;

    /**
     * @param name of the part, for people; equal parts have equal names
     * @param hash of its state, shortened to 128 bits
     */
    public record Part(String name, byte[] hash) { }

    /** Takes the parts one by one. */
    static final class Builder {
        private final List<Part> parts = new ArrayList<>();
        private final MessageDigest digest;

        Builder() {
            try {
                digest = MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new AssertionError(e);
            }
        }

        @SuppressWarnings("unchecked")
        Builder add(String name, Record state) {
            return add(name, ((Codec<Record>) Codec.of(state.getClass())).toBytes(state));
        }

        Builder add(String name, byte[] content) {
            parts.add(new Part(name, Arrays.copyOf(digest.digest(content), SHORTENED)));
            return this;
        }

        StateHash build() {
            parts.forEach(part -> digest.update(part.hash));
            return new StateHash(List.copyOf(parts), HexFormat.of().formatHex(digest.digest(), 0, SHORTENED));
        }
    }
}
