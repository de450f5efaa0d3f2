package trapframe.junit;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongFunction;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.opentest4j.TestAbortedException;
import trapframe.explore.Exploration;
import trapframe.explore.Finding;
import trapframe.explore.Outcome;
import trapframe.explore.Point;
import trapframe.explore.Report;
import trapframe.explore.Schedule;
import trapframe.explore.Subject;
import trapframe.explore.Trial;
import trapframe.harness.NothingCame;
import trapframe.harness.Session;
import trapframe.harness.Setup;
import trapframe.symbols.Symbol;
import trapframe.timeline.TimelineException;

/** A test whose body is run with one schedule after the other, as {@link Explore} says. */
final class ExploredTest {
    /** The body's first run, which is JUnit's. */
    interface First {
        void run() throws Throwable;
    }

    private final Explore wanted;
    private final int most;
    private final Guest guest;
    private final Session session;
    private final Setup setup;
    private final Runnable body;

    /**
     * @param most runs of any search
     * @param body runs the test's method once more
     */
    ExploredTest(Explore wanted, int most, Guest guest, Runnable body) {
        this.wanted = wanted;
        this.most = most;
        this.guest = guest;
        this.body = body;
        session = guest.session();
        setup = session.setup();
    }

    /**
     * Runs the test.
     *
     * @throws GuestFailure or what else the body throws
     */
    void run(First first) throws Throwable {
        session.rehearse();
        if (!wanted.schedule().isEmpty()) {
            runWith(schedule(session.begin().place().position()), first);
            return;
        }
        first.run();
        Report report = search();
        if (!report.findings().isEmpty()) {
            throw failure(report);
        }
    }

    private Schedule schedule(long begin) {
        try {
            Schedule schedule = Schedule.parse(wanted.schedule());
            if (!schedule.steps().isEmpty() && schedule.steps().getFirst().position() < begin) {
                throw new IllegalArgumentException("the test begins at position " + begin + ", behind a step of the schedule");
            }
            return schedule;
        } catch (IllegalArgumentException e) {
            throw configuration(e);
        }
    }

    private void runWith(Schedule schedule, First first) throws Throwable {
        session.again(schedule);
        try {
            first.run();
        } catch (NothingCame e) {
            throw new GuestFailure(guest.report("the schedule is none of this guest: " + e.getMessage()));
        }
        if (session.next().isPresent()) {
            throw new GuestFailure(guest.report("the test was over before the schedule's step " + session.next().get()));
        }
    }

    private Report search() {
        try {
            Subject subject = new Subject(setup.describe(), setup.opener(), Optional.empty(), Optional.empty(),
                    OptionalLong.of(session.machine().clock().position()), setup.tasks()).beginning(session.begin());
            Exploration.Settings settings = new Exploration.Settings(place(wanted.from()), place(wanted.to()), wanted.strategy(), wanted.seed(),
                    Math.min(wanted.budget(), most), 1, false);
            return new Exploration(subject, settings, functions(), _ -> { }).run(this::trial);
        } catch (IllegalArgumentException | TimelineException e) {
            throw configuration(e);
        }
    }

    private static ExtensionConfigurationException configuration(RuntimeException e) {
        return new ExtensionConfigurationException("@Explore: " + e.getMessage(), e);
    }

    private LongFunction<Optional<String>> functions() {
        return address -> setup.symbols().flatMap(known -> known.symbolAt(address)).map(Symbol::name);
    }

    private Optional<Point> place(String text) {
        return Optional.of(text).filter(there -> !there.isEmpty())
                .map(there -> Point.parse(there, name -> setup.symbols().map(known -> known.address(name)).orElse(OptionalLong.empty())));
    }

    private Trial trial(Schedule schedule) {
        Optional<Throwable> failure;
        try {
            failure = runOnce(schedule);
        } catch (NothingCame e) {
            return new Trial(session.came(), new Outcome.Equivalent(), false);
        }
        return new Trial(session.came(), failure.map(this::outcome).orElse(new Outcome.GoalReached("passed the test")), false);
    }

    /** Returns what the body throws. */
    private Optional<Throwable> runOnce(Schedule schedule) {
        session.again(schedule);
        try {
            body.run();
            return Optional.empty();
        } catch (NothingCame | TestAbortedException e) {
            throw e;
        } catch (Exception | AssertionError e) {
            return Optional.of(e);
        }
    }

    private Outcome outcome(Throwable failure) {
        List<String> said = GuestFailure.headline(failure).lines().toList();
        String last = session.transcript().text() + "\n" + said.getFirst();
        return session.verdict().<Outcome>map(verdict -> Outcome.Hung.of(verdict, setup.tasks(), session.machine()))
                .orElseGet(() -> new Outcome.Failed(session.machine().clock().position(), said.getFirst(), last));
    }

    /** Of the first finding, whose run is made once more for it. */
    private GuestFailure failure(Report report) {
        Finding finding = report.findings().getFirst();
        Throwable failure = runOnce(finding.schedule()).orElseThrow(
                () -> new IllegalStateException("with " + finding.schedule() + " the test fails, and not again: its body does not do the same each time"));
        boolean isTold = failure instanceof GuestFailure;
        Schedule tried = finding.shown().getFirst();
        GuestFailure found = new GuestFailure((isTold ? failure.getMessage() : guest.report(GuestFailure.headline(failure)))
                + "\n  found: by run " + report.runs() + " of strategy " + wanted.strategy() + (tried.equals(finding.schedule()) ? "" : ", with " + tried)
                + "\n  again: @Explore(schedule = \"" + finding.schedule() + "\")", isTold ? failure.getCause() : failure);
        found.setStackTrace(failure.getStackTrace());
        return found;
    }
}
