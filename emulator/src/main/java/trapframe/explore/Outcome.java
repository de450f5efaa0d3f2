package trapframe.explore;

import java.util.List;
import java.util.Optional;
import trapframe.diagnose.Verdict;
import trapframe.machine.Machine;
import trapframe.symbols.tasks.TaskReader;

/** What became of a run. */
public sealed interface Outcome {
    /** One that a search looks for. */
    sealed interface Finding extends Outcome {
        /** Where the run ended. */
        long position();

        /** What is known, in one line, to follow "the guest". */
        String sentence();
    }

    /**
     * The run did what it was to do.
     *
     * @param how in words
     */
    record GoalReached(String how) implements Outcome { }

    /**
     * The run came back to a state of the run without the interrupt, but for time and what only time feeds, or nothing came to it: it goes on
     * as that does.
     */
    record Equivalent() implements Outcome { }

    /**
     * The guest is proved never to get any further.
     *
     * @param tasks the states of the tasks that are left, if it is idle and its tasks can be read
     */
    record Hung(Verdict verdict, List<String> tasks) implements Finding {
        /** Of a machine that hangs, whose tasks are read if anything does. */
        public static Hung of(Verdict verdict, Optional<TaskReader> reader, Machine machine) {
            return new Hung(verdict, verdict instanceof Verdict.NoProgress ? reader.map(found -> TasksLeft.of(found, machine)).orElse(List.of()) : List.of());
        }

        @Override
        public long position() {
            return verdict.position();
        }

        @Override
        public String sentence() {
            return verdict.sentence();
        }
    }

    /**
     * The guest said that it failed, or broke down.
     *
     * @param how  in words
     * @param last the last lines that it showed
     */
    record Failed(long position, String how, String last) implements Finding {
        @Override
        public String sentence() {
            return how;
        }
    }

    /** The limit came first: much later than the run without interrupts ends, and without a proof that this one never does. */
    record BudgetExhausted(long position) implements Finding {
        @Override
        public String sentence() {
            return "did not end within the limit, which proves nothing";
        }
    }
}
