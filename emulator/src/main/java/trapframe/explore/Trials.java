package trapframe.explore;

import java.util.List;
import java.util.Optional;

/** Remembers runs of a search by their numbers, from 0 on. Several threads may use it. */
interface Trials extends AutoCloseable {
    /** Remembers nothing. */
    Trials NONE = new Trials() {
        @Override
        public Optional<List<Trial>> known(long first, int count) {
            return Optional.empty();
        }

        @Override
        public void keep(long first, List<Trial> trials) { }

        @Override
        public long used() {
            return 0;
        }

        @Override
        public void close() { }
    };

    /** Some runs in a row, if they were kept together, with no others before them. */
    Optional<List<Trial>> known(long first, int count);

    /** Keeps runs in a row, which come from one {@link Walk}. */
    void keep(long first, List<Trial> trials);

    /** How many runs {@link #known} returned. */
    long used();

    @Override
    void close();
}
