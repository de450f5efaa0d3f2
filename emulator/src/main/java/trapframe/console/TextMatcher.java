package trapframe.console;

import java.nio.charset.StandardCharsets;

/** Looks for a text in a stream of bytes, one byte at a time (Knuth, Morris, Pratt). */
public final class TextMatcher {
    private final byte[] text;
    /** For each length of a match so far, the length of the longest shorter match that ends at the same byte. */
    private final int[] fallback;
    private int matched;

    /** @param text what to look for, as UTF-8; not empty */
    public TextMatcher(String text) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException("an empty text is everywhere");
        }
        this.text = text.getBytes(StandardCharsets.UTF_8);
        fallback = new int[this.text.length + 1];
        fallback[0] = -1;
        for (int length = 1, border = 0; length < this.text.length; length++) {
            fallback[length] = border;
            while (border >= 0 && this.text[length] != this.text[border]) {
                border = fallback[border];
            }
            border++;
            fallback[length + 1] = border;
        }
    }

    /** Takes the next byte of the stream; true when the text ends at it. */
    public boolean accept(byte next) {
        while (matched >= 0 && (matched == text.length || text[matched] != next)) {
            matched = fallback[matched];
        }
        matched++;
        return matched == text.length;
    }

    /** How many bytes of the text the stream ends with: what a matcher of the same text goes on from. */
    public int matched() {
        return matched;
    }

    /** @param before what {@link #matched} was */
    public void restore(int before) {
        matched = before;
    }
}
