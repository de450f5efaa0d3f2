package trapframe.timeline;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import trapframe.boot.ImageFile;

/**
 * What a file has to be for a run to be the same again: where it lies does not matter.
 *
 * @param length in bytes
 * @param sha256 of the content, in hexadecimal
 */
public record FileIdentity(long length, String sha256) {
    private static final int PIECE = 1 << 20;

    public static FileIdentity of(ImageFile file) {
        MessageDigest digest = newDigest();
        for (long at = 0; at < file.length(); at += PIECE) {
            digest.update(file.segment().asSlice(at, Math.min(PIECE, file.length() - at)).asByteBuffer());
        }
        return new FileIdentity(file.length(), HexFormat.of().formatHex(digest.digest()));
    }

    /** @throws TimelineException if the file cannot be read */
    public static FileIdentity of(Path file) {
        MessageDigest digest = newDigest();
        long length = 0;
        try (InputStream content = Files.newInputStream(file)) {
            byte[] piece = new byte[PIECE];
            for (int count = content.read(piece); count >= 0; count = content.read(piece)) {
                digest.update(ByteBuffer.wrap(piece, 0, count));
                length += count;
            }
        } catch (IOException e) {
            throw TimelineException.of(file, "cannot be read", e);
        }
        return new FileIdentity(length, HexFormat.of().formatHex(digest.digest()));
    }

    static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
