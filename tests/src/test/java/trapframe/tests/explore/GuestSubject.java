package trapframe.tests.explore;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import trapframe.boot.BootImage;
import trapframe.boot.BootParameters;
import trapframe.explore.Exploration;
import trapframe.explore.Point;
import trapframe.explore.Subject;
import trapframe.machine.MachineSpec;
import trapframe.tests.timeline.GuestCode;
import trapframe.timeline.RunDescription;

/** Small 64-bit guests, to be explored. */
final class GuestSubject {
    private GuestSubject() { }

    /** @param image where the program is put */
    static Subject of(String text, int cpus, Path image) {
        try {
            Files.write(image, GuestCode.image(text));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        RunDescription run = RunDescription.of(MachineSpec.standard().withMemory(8 << 20).withCpus(cpus), BootImage.open(image), false,
                BootParameters.of(""), new byte[0], false);
        return new Subject(run, run.opener(image), Optional.empty(), Optional.empty(), OptionalLong.empty(), Optional.empty());
    }

    static Exploration explore(Subject subject, String strategy, int budget) {
        return explore(subject, strategy, budget, 2, false, Optional.empty(), _ -> { });
    }

    /** Runs everything to its end. */
    static Exploration whole(Subject subject, String strategy, int budget) {
        return explore(subject, strategy, budget, 2, true, Optional.empty(), _ -> { });
    }

    static Exploration explore(Subject subject, String strategy, int budget, int jobs, Path state) {
        return explore(subject, strategy, budget, jobs, false, Optional.of(state), _ -> { });
    }

    static Exploration explore(Subject subject, String strategy, int budget, int jobs, Path state, Exploration.Listener listener) {
        return explore(subject, strategy, budget, jobs, false, Optional.of(state), listener);
    }

    private static Exploration explore(Subject subject, String strategy, int budget, int jobs, boolean whole, Optional<Path> state,
            Exploration.Listener listener) {
        return new Exploration(subject, new Exploration.Settings(Optional.of(new Point.Position(0)), Optional.empty(), strategy, 1, budget, jobs, true, whole, state),
                address -> Optional.empty(), listener);
    }
}
