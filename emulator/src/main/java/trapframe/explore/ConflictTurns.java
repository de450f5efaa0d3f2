package trapframe.explore;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import trapframe.machine.Machine;
import trapframe.machine.StopReason;

/**
 * The turn goes to another CPU before an access to memory that the other one accesses too, one of them writing, in the run without turns, and behind it; and
 * for as long as that one has to run up to its own next access, or for as long as turns are. First at the first access of each instruction, in the order of
 * the run, then at the second one, and so on: what happens often is not tried before what happens once.
 */
final class ConflictTurns implements Strategy {
    private static final int BATCH = 32;
    /** Instructions of the window that are looked at, from its beginning on. */
    private static final int LONGEST = 1 << 19;
    /** Accesses of one instruction before which the turn goes to one other CPU. */
    private static final int EACH = 64;

    /** How far a CPU runs to an access, at most, in positions. */
    private static final long FURTHEST = 1 << 24;
    /** How far it runs on behind that, in positions: what is written is made known there, by an interrupt, say. */
    private static final long BEYOND = 1 << 10;
    private static final long NEVER = Long.MAX_VALUE / 2;
    private static final long NONE = -1;

    /**
     * An access to memory by an instruction.
     *
     * @param position of the instruction
     * @param behind   the position behind it
     * @param executed how many positions each CPU has executed before
     */
    private record Access(long position, long behind, int cpu, long rip, Footprint footprint, long[] executed) { }

    /** Before which instruction the turn goes to which CPU. */
    private record Site(long rip, int other) { }

    /** Who uses a word: a bit for each CPU, and how much each CPU has executed before its next accesses, seen from the end of the window on. */
    private static final class Users {
        private long reading;
        private long writing;
        private final long[] nextRead;
        private final long[] nextWrite;

        Users(int cpus) {
            nextRead = new long[cpus];
            nextWrite = new long[cpus];
            Arrays.fill(nextRead, NEVER);
            Arrays.fill(nextWrite, NEVER);
        }

        void note(int cpu, boolean writes) {
            reading |= writes ? 0 : 1L << cpu;
            writing |= writes ? 1L << cpu : 0;
        }

        void comesTo(int cpu, long executed, boolean writes) {
            (writes ? nextWrite : nextRead)[cpu] = executed;
        }

        /** Whether a CPU's accesses are in conflict with one that writes, or only reads. */
        boolean conflicts(int cpu, boolean writes) {
            return ((writing | (writes ? reading : 0)) >>> cpu & 1) != 0;
        }

        long next(int cpu, boolean writes) {
            return writes ? Math.min(nextWrite[cpu], nextRead[cpu]) : nextWrite[cpu];
        }
    }

    private final List<Schedule> schedules;
    private int next;

    ConflictTurns(Explorer explorer, BaseRun base, Window window) {
        WatchedBench watched = new WatchedBench(explorer.another());
        schedules = schedules(accesses(watched, base, window), watched.bench().machine().cpus().size());
    }

    private static List<Access> accesses(WatchedBench watched, BaseRun base, Window window) {
        Bench bench = watched.bench();
        Machine machine = bench.machine();
        List<Access> accesses = new ArrayList<>();
        long[] executed = new long[machine.cpus().size()];
        boolean goesOn = machine.cpus().size() > 1 && bench.begin(base, window) instanceof StopReason.PositionLimit;
        for (int i = 0; goesOn && i < LONGEST && bench.position() < window.to(); i++) {
            OptionalInt cpu = machine.cpuNext();
            long position = bench.position();
            if (cpu.isEmpty()) {
                goesOn = bench.run(Boundaries.afterWait(machine, window.to())) instanceof StopReason.PositionLimit;
                continue;
            }
            long rip = machine.cpus().get(cpu.getAsInt()).state().linearRip();
            watched.watch().begin();
            goesOn = bench.run(position + 1) instanceof StopReason.PositionLimit;
            Footprint footprint = watched.watch().footprint();
            if (footprint.reads().length + footprint.writes().length > 0) {
                accesses.add(new Access(position, bench.position(), cpu.getAsInt(), rip, footprint, executed.clone()));
            }
            executed[cpu.getAsInt()] += bench.position() - position;
        }
        return accesses;
    }

    /** @param cpus how many there are */
    private static List<Schedule> schedules(List<Access> accesses, int cpus) {
        List<long[]> turns = turns(accesses, cpus);
        Map<Site, Integer> times = new HashMap<>();
        List<List<Schedule>> ranked = new ArrayList<>();
        IntStream.range(0, EACH).forEach(_ -> ranked.add(new ArrayList<>()));
        for (int i = 0; i < accesses.size(); i++) {
            Access access = accesses.get(i);
            for (int other = 0; other < cpus; other++) {
                long turn = turns.get(i)[other];
                int rank = turn == NONE ? EACH : times.merge(new Site(access.rip, other), 1, Integer::sum) - 1;
                if (rank < EACH) {
                    ranked.get(rank).add(turn(access.position, other, turn));
                    ranked.get(rank).add(turn(access.behind, other, turn));
                    if (turn > BEYOND) {
                        ranked.get(rank).add(turn(access.position, other, 0));
                    }
                }
            }
        }
        return ranked.stream().flatMap(List::stream).toList();
    }

    private static Schedule turn(long position, int cpu, long atLeast) {
        return Schedule.NONE.with(new Schedule.Step(position, new Schedule.Action.Turn(cpu, atLeast)));
    }

    /**
     * How long the turn of each CPU has to be at each access for that CPU to come to its own next access that is in conflict: {@link #NONE} where no access of
     * it is, 0 where there is none later on.
     */
    private static List<long[]> turns(List<Access> accesses, int cpus) {
        Map<Long, Users> users = new HashMap<>();
        accesses.forEach(access -> words(access.footprint, users, cpus, (user, writes) -> user.note(access.cpu, writes)));
        List<long[]> turns = new ArrayList<>();
        for (Access access : accesses.reversed()) {
            long[] distance = new long[cpus];
            Arrays.fill(distance, NONE);
            words(access.footprint, users, cpus, (user, writes) -> {
                for (int other = 0; other < cpus; other++) {
                    if (other != access.cpu && user.conflicts(other, writes)) {
                        long next = user.next(other, writes) - access.executed[other];
                        long turn = next <= FURTHEST ? next + BEYOND : 0;
                        distance[other] = distance[other] == NONE || distance[other] == 0 ? turn : turn == 0 ? distance[other] : Math.min(turn, distance[other]);
                    }
                }
            });
            words(access.footprint, users, cpus, (user, writes) -> user.comesTo(access.cpu, access.executed[access.cpu], writes));
            turns.add(distance);
        }
        return turns.reversed();
    }

    private static void words(Footprint footprint, Map<Long, Users> users, int cpus, BiConsumer<Users, Boolean> each) {
        for (long word : footprint.reads()) {
            each.accept(users.computeIfAbsent(word, _ -> new Users(cpus)), false);
        }
        for (long word : footprint.writes()) {
            each.accept(users.computeIfAbsent(word, _ -> new Users(cpus)), true);
        }
    }

    @Override
    public String name() {
        return "conflicts";
    }

    @Override
    public long most() {
        return schedules.size();
    }

    @Override
    public List<Schedule> next(List<Trial> before) {
        List<Schedule> batch = schedules.subList(next, Math.min(schedules.size(), next + BATCH));
        next += batch.size();
        return batch;
    }
}
