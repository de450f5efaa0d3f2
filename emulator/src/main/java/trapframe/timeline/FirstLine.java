package trapframe.timeline;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import trapframe.codec.Codec;

/**
 * The line of text that a file of this package begins with: what it is, the version of Trapframe that made it, and a hash of the shape of
 * what follows, which tells builds of one version apart. Only the same build can read the file.
 */
record FirstLine(String kind, String version, String shape) {
    private static final String NAME = "trapframe ";
    private static final int MAX_LENGTH = 200;
    private static final int SHAPE_BYTES = 8;

    /** @param kind one word */
    static FirstLine of(String kind, Codec<?> content) {
        byte[] hash = FileIdentity.newDigest().digest(content.shape().getBytes(StandardCharsets.UTF_8));
        return new FirstLine(kind, Version.current(), HexFormat.of().formatHex(hash, 0, SHAPE_BYTES));
    }

    byte[] bytes() {
        return (NAME + kind + " " + version + " " + shape + "\n").getBytes(StandardCharsets.US_ASCII);
    }

    /** @throws TimelineException if the file begins in another way */
    void check(InputStream in, Path file) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next >= 0 && next != '\n' && line.length() < MAX_LENGTH; next = in.read()) {
            line.append((char) next);
        }
        String[] words = line.toString().split(" ");
        if (words.length != 4 || !line.toString().startsWith(NAME + kind + " ")) {
            throw TimelineException.of(file, "is no " + kind + " of Trapframe");
        }
        if (!words[2].equals(version)) {
            throw TimelineException.of(file, "was made by Trapframe " + printable(words[2]) + ", this is " + version);
        }
        if (!words[3].equals(shape)) {
            throw TimelineException.of(file, "was made by another build of Trapframe " + version);
        }
    }

    /** What comes from a file must not move a terminal's cursor. */
    private static String printable(String text) {
        return text.replaceAll("[^!-~]", "?");
    }
}
