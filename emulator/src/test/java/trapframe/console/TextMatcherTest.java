package trapframe.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class TextMatcherTest {
    @Property(tries = 1000)
    void findsTheTextExactlyWhereTheStreamEndsWithIt(
            @ForAll @StringLength(max = 40) @CharRange(from = 'a', to = 'b') String stream,
            @ForAll @StringLength(min = 1, max = 5) @CharRange(from = 'a', to = 'b') String text) {
        TextMatcher matcher = new TextMatcher(text);

        for (int length = 1; length <= stream.length(); length++) {
            assertThat(matcher.accept((byte) stream.charAt(length - 1)))
                    .as("after %s", stream.substring(0, length))
                    .isEqualTo(stream.substring(0, length).endsWith(text));
        }
    }

    @Property(tries = 500)
    void goesOnFromWhereAnotherOneWas(@ForAll @StringLength(max = 10) @CharRange(from = 'a', to = 'b') String stream,
            @ForAll @StringLength(max = 10) @CharRange(from = 'a', to = 'b') String behind) {
        TextMatcher matcher = new TextMatcher("abaab");
        stream.chars().forEach(next -> matcher.accept((byte) next));
        TextMatcher other = new TextMatcher("abaab");
        other.restore(matcher.matched());

        behind.chars().forEach(next -> assertThat(other.accept((byte) next)).isEqualTo(matcher.accept((byte) next)));
    }

    @Test
    void findsTextBeyondAscii() {
        TextMatcher matcher = new TextMatcher("größe");
        boolean found = false;
        for (byte next : "die größe".getBytes(StandardCharsets.UTF_8)) {
            found = matcher.accept(next);
        }
        assertThat(found).isTrue();
    }

    @Test
    void refusesAnEmptyText() {
        assertThatThrownBy(() -> new TextMatcher("")).isInstanceOf(IllegalArgumentException.class);
    }
}
