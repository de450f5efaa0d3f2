package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trapframe.diagnose.why.Explanation;
import trapframe.diagnose.why.ExplanationPage;

class ExplanationInBrowserTest {
    /** Asks the page as a browser shows it, and leaves the answers in it. */
    private static final String QUESTIONS = """
            <script>
            const tell = (name, value) => document.body.setAttribute('data-' + name, value);
            const bars = [...document.querySelectorAll('.bar')];
            tell('bars', bars.map(bar => bar.querySelector('text').textContent).join('; '));
            tell('overflowing', bars.filter(bar => bar.querySelector('text').getBBox().width + 5 > bar.querySelector('rect').getBBox().width)
                .map(bar => bar.querySelector('text').textContent).join('; '));
            const picture = document.getElementById('picture'), place = picture.getBoundingClientRect(), view = picture.viewBox.baseVal;
            tell('visible', place.width > 500 && place.height > 50);
            const before = view.width;
            picture.dispatchEvent(new WheelEvent('wheel', {deltaY: -100, clientX: place.left + place.width / 2, clientY: place.top + 10, cancelable: true}));
            tell('zoomed', view.width < before && view.x > 0);
            picture.dispatchEvent(new MouseEvent('dblclick'));
            tell('back', view.width === before && view.x === 0);
            </script>
            """;

    @TempDir
    private Path folder;

    @Test
    void thePictureShowsWhoHadTheLockAndZooms() throws IOException, InterruptedException {
        Chromium chromium = Chromium.orSkip();
        Explanation explanation = SproutHang.explain("log-in-switch");
        String page = ExplanationPage.of(explanation, name -> Optional.empty(), "trapframe replay run.recording");

        String document = chromium.load(Files.writeString(folder.resolve("why.html"), page.replace("</body>", QUESTIONS + "</body>")));

        assertThat(document).contains("data-bars=\"held by task ").contains("waits for log_lock").contains("data-overflowing=\"\"")
                .contains("data-visible=\"true\"").contains("data-zoomed=\"true\"").contains("data-back=\"true\"");
    }
}
