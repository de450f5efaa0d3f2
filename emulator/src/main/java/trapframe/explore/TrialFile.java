package trapframe.explore;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import trapframe.codec.Codec;
import trapframe.codec.DamagedException;
import trapframe.timeline.FrameFile;
import trapframe.timeline.RunDescription;
import trapframe.timeline.TimelineException;

/**
 * The runs of a search in a file that grows, from which a search that was killed goes on. Which runs there are follows from what is searched and
 * what came of the runs before, so that their numbers tell them.
 */
final class TrialFile implements Trials {
    /** What the runs depend on. How many there may be, and on how many machines, is free. */
    private record Search(RunDescription run, Goal goal, Optional<Point> from, Optional<Point> to, String strategy, long seed, boolean whole,
                          Optional<String> tasks) {
        private static final Codec<RunDescription> RUN = Codec.of(RunDescription.class);

        static Search of(Subject subject, Exploration.Settings settings) {
            return new Search(subject.run(), new Goal(subject.until(), subject.come(), subject.fail(), boxed(subject.limit()), boxed(subject.follow())),
                    settings.from(), settings.to(), settings.strategy(), settings.seed(), settings.whole(),
                    subject.tasks().map(reader -> reader.description().kernel()));
        }

        private static Optional<Long> boxed(OptionalLong value) {
            return value.isPresent() ? Optional.of(value.getAsLong()) : Optional.empty();
        }

        /** What is another in the other one, if anything is. */
        Optional<String> difference(Search other) {
            if (!Arrays.equals(RUN.toBytes(run), RUN.toBytes(other.run))) {
                return Optional.of("another machine, or it was given something else");
            }
            if (!goal.equals(other.goal)) {
                return Optional.of("other ends of runs (--until, --to, --fail, --limit, --follow)");
            }
            if (!from.equals(other.from) || !to.equals(other.to)) {
                return Optional.of("another window (--from, --to)");
            }
            if (!tasks.equals(other.tasks)) {
                return Optional.of("another description of tasks (--symbols, --tasks)");
            }
            return strategy.equals(other.strategy) && seed == other.seed && whole == other.whole ? Optional.empty()
                    : Optional.of("another --strategy, --seed or --whole");
        }
    }

    private record Goal(Optional<String> until, Optional<Point.Symbol> come, Optional<String> fail, Optional<Long> limit,
                        Optional<Long> follow) { }

    private sealed interface Frame {
        record Begins(Search search) implements Frame { }

        /** @param first the number of the first of the runs */
        record Tried(long first, List<Trial> trials) implements Frame { }
    }

    private static final FrameFile.Format<Frame> FORMAT = new FrameFile.Format<>("exploration", Codec.of(Frame.class));

    private final Map<Long, List<Trial>> known = new HashMap<>();
    private final FrameFile<Frame> out;
    private Search read;
    private long used;

    /**
     * Opens the file of a search, or begins one.
     *
     * @throws TimelineException if the file cannot be used, or is that of another search
     */
    TrialFile(Path file, Subject subject, Exploration.Settings settings) {
        Search search = Search.of(subject, settings);
        long length = Files.exists(file) && !FORMAT.isBarelyBegun(file) ? FORMAT.read(file, this::add) : 0;
        if (read == null) {
            out = new FrameFile<>(FORMAT, file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
            out.append(new Frame.Begins(search));
        } else {
            search.difference(read).ifPresent(difference -> {
                throw new TimelineException(file + ": is of another search: " + difference);
            });
            out = FrameFile.resume(FORMAT, file, length);
        }
    }

    private void add(Frame frame) {
        switch (frame) {
            case Frame.Begins(Search search) when read == null -> read = search;
            case Frame.Begins _ -> throw new DamagedException("it begins twice");
            case Frame.Tried _ when read == null -> throw new DamagedException("it does not begin with what is searched");
            case Frame.Tried(long first, List<Trial> trials) -> {
                // A search with a greater budget has more of them, and has run all again.
                if (first < 0 || trials.size() <= known.getOrDefault(first, List.of()).size()) {
                    throw new DamagedException("it has runs that cannot be");
                }
                known.put(first, trials);
            }
        }
    }

    @Override
    public synchronized Optional<List<Trial>> known(long first, int count) {
        Optional<List<Trial>> trials = Optional.ofNullable(known.get(first)).filter(some -> some.size() >= count).map(some -> some.subList(0, count));
        used += trials.isPresent() ? count : 0;
        return trials;
    }

    @Override
    public synchronized long used() {
        return used;
    }

    @Override
    public synchronized void keep(long first, List<Trial> trials) {
        out.append(new Frame.Tried(first, trials));
    }

    @Override
    public void close() {
        out.close();
    }
}
