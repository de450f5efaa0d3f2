package trapframe.junit;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import trapframe.device.drive.DriveSpec;
import trapframe.harness.Fork;
import trapframe.harness.Outcome;
import trapframe.harness.Report;
import trapframe.harness.Session;
import trapframe.harness.Setup;
import trapframe.harness.Stage;

/** A boot that goes as far as tests want it, and the guests that they begin with. Tests may ask for them at the same time. */
final class SharedBoot implements AutoCloseable {
    private final Plan plan;
    private final Evidence evidence;
    private final List<Fork> forks = new ArrayList<>();
    private Session session;
    private String failure;

    SharedBoot(Plan plan, Evidence evidence) {
        this.plan = plan;
        this.evidence = evidence;
    }

    /**
     * The guest at the end of a stage.
     *
     * @throws GuestFailure if it does not get there; each time that it is asked for
     */
    synchronized Fork at(int stage) {
        if (session == null) {
            evidence.forget();
            session = new Session(plan.setup());
        }
        while (forks.size() <= stage && failure == null) {
            Stage next = plan.stages().get(forks.size());
            Outcome outcome = session.run(next);
            if (outcome instanceof Outcome.Reached) {
                forks.add(session.fork());
            } else {
                String headline = Report.headline(next, outcome, plan.setup().machine().cpus());
                failure = Report.of(headline, session, Optional.of(next.name()), evidence.record(session, headline));
            }
        }
        if (forks.size() <= stage) {
            throw new GuestFailure(failure);
        }
        return forks.get(stage);
    }

    /** Why guests of a setup cannot be taken back to where they were, if that is so. */
    static Optional<String> obstacle(Setup setup, String annotation) {
        return setup.machine().drives().stream().filter(drive -> drive.access() == DriveSpec.Access.WRITE).findFirst()
                .map(drive -> drive.file() + ": " + annotation + " needs snapshot=on or readonly, so that each run has a disk of its own");
    }

    @Override
    public synchronized void close() {
        if (session != null) {
            session.close();
        }
    }
}
