package trapframe.tests.explore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trapframe.explore.Exploration;
import trapframe.explore.Outcome;
import trapframe.explore.Report;
import trapframe.explore.Subject;
import trapframe.explore.Trial;
import trapframe.explore.WindowMap;
import trapframe.tests.Chromium;

class WindowMapInBrowserTest {
    /** Asks the page as a browser shows it, and leaves the answers in it. */
    private static final String QUESTIONS = """
            <script>
            const tell = (name, value) => document.body.setAttribute('data-' + name, value);
            const runs = chosen => [...document.querySelectorAll('#picture .mark' + chosen)].reduce((sum, mark) => sum + Number(mark.dataset.runs), 0);
            tell('failed', runs('.failed')); tell('good', runs('.good')); tell('cut', runs('.cut')); tell('all', runs(''));
            tell('rows', [...document.querySelectorAll('#picture .row')].map(row => row.textContent).join('; '));
            tell('key', [...document.querySelectorAll('.key span')].map(each => each.textContent.trim()).join('; '));
            const picture = document.getElementById('picture'), place = picture.getBoundingClientRect(), view = picture.viewBox.baseVal;
            tell('outside', [...document.querySelectorAll('#picture .mark, #picture text')].filter(each => {
                const box = each.getBBox();
                return box.x < 0 || box.x + box.width > view.width || box.y + box.height > view.height;
            }).length);
            tell('covered', [...document.querySelectorAll('#picture .row')].filter(row => [...document.querySelectorAll('#picture .mark')]
                .some(mark => mark.getBBox().x < row.getBBox().x + row.getBBox().width)).length);
            tell('visible', place.width > 500 && place.height > 50);
            const before = view.width;
            picture.dispatchEvent(new WheelEvent('wheel', {deltaY: -100, clientX: place.left + place.width / 2, clientY: place.top + 10, cancelable: true}));
            tell('zoomed', view.width < before && view.x > 0);
            picture.dispatchEvent(new MouseEvent('dblclick'));
            tell('back', view.width === before && view.x === 0);
            </script>
            """;
    private static final String KERNEL = "sprout-refcount-race";

    @TempDir
    private Path folder;

    @Test
    void theMapShowsWhatCameOfEachRunAndWhatWasFoundAndZooms() throws IOException, InterruptedException {
        Chromium chromium = Chromium.orSkip();
        Subject subject = SproutSubject.of(KERNEL, "test=kthread").coming(SproutSubject.symbol(KERNEL, "partner_main", 13));
        Report report = SproutSubject.explore(subject, KERNEL, new Exploration.Settings(Optional.of(SproutSubject.symbol(KERNEL, "log_message", 104)),
                Optional.of(SproutSubject.symbol(KERNEL, "log_message", 105)), "exhaustive", 1, 1_024, 2, true, false));

        String document = chromium.load(Files.writeString(folder.resolve("map.html"), WindowMap.page("Exploration of " + KERNEL, report)
                .replace("</body>", QUESTIONS + "</body>")));

        assertThat(LongStream.of(count(report, Outcome.Failed.class), count(report, Outcome.GoalReached.class), cut(report))).allSatisfy(count ->
                assertThat(count).as("the window has some of each").isPositive());
        assertThat(document).contains("data-failed=\"" + count(report, Outcome.Failed.class) + "\"")
                .contains("data-good=\"" + count(report, Outcome.GoalReached.class) + "\"").contains("data-cut=\"" + cut(report) + "\"")
                .contains("data-all=\"" + report.trials().size() + "\"").contains("data-rows=\"1 fails; ends well\"")
                .contains("data-key=\"fails: " + count(report, Outcome.Failed.class) + "; ends well: " + count(report, Outcome.GoalReached.class) + "\"")
                .contains(report.findings().getFirst().cause().toString()).contains(report.findings().getFirst().schedule().toString())
                .contains("data-outside=\"0\"").contains("data-covered=\"0\"").contains("data-visible=\"true\"").contains("data-zoomed=\"true\"")
                .contains("data-back=\"true\"");
    }

    private static Stream<Trial> trials(Report report) {
        return report.trials().stream();
    }

    private static long count(Report report, Class<? extends Outcome> kind) {
        return trials(report).filter(trial -> kind.isInstance(trial.outcome())).count();
    }

    private static long cut(Report report) {
        return trials(report).filter(Trial::cut).count();
    }
}
