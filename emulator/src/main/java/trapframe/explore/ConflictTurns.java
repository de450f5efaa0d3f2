package trapframe.explore;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import trapframe.machine.Machine;
import trapframe.machine.StopReason;

/**
 * The turn goes to another CPU before an access to memory that the other one accesses too, one of them writing, in the run without turns. First before the
 * first access of each instruction, in the order of the run, then before the second one, and so on: what happens often is not tried before what happens once.
 */
final class ConflictTurns implements Strategy {
    private static final int BATCH = 32;
    /** Instructions of the window that are looked at, from its beginning on. */
    private static final int LONGEST = 1 << 19;
    /** Accesses of one instruction before which the turn goes to one other CPU. */
    private static final int EACH = 64;

    private record Access(long position, int cpu, long rip, Footprint footprint) { }

    /** Before which instruction the turn goes to which CPU. */
    private record Site(long rip, int other) { }

    /** Who uses a word: a bit for each CPU. */
    private static final class Users {
        private long reading;
        private long writing;
    }

    private final List<Schedule> schedules;
    private int next;

    ConflictTurns(Explorer explorer, BaseRun base, Window window) {
        schedules = schedules(accesses(new WatchedBench(explorer.another()), base, window));
    }

    private static List<Access> accesses(WatchedBench watched, BaseRun base, Window window) {
        Bench bench = watched.bench();
        Machine machine = bench.machine();
        List<Access> accesses = new ArrayList<>();
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
                accesses.add(new Access(position, cpu.getAsInt(), rip, footprint));
            }
        }
        return accesses;
    }

    private static List<Schedule> schedules(List<Access> accesses) {
        Map<Long, Users> users = new HashMap<>();
        for (Access access : accesses) {
            for (long word : access.footprint.reads()) {
                users.computeIfAbsent(word, _ -> new Users()).reading |= 1L << access.cpu;
            }
            for (long word : access.footprint.writes()) {
                users.computeIfAbsent(word, _ -> new Users()).writing |= 1L << access.cpu;
            }
        }
        Map<Site, Integer> times = new HashMap<>();
        List<List<Schedule>> ranked = new ArrayList<>();
        IntStream.range(0, EACH).forEach(_ -> ranked.add(new ArrayList<>()));
        for (Access access : accesses) {
            long others = 0;
            for (long word : access.footprint.reads()) {
                others |= users.get(word).writing;
            }
            for (long word : access.footprint.writes()) {
                others |= users.get(word).writing | users.get(word).reading;
            }
            others &= ~(1L << access.cpu);
            for (int other = 0; other < Long.SIZE; other++) {
                if ((others >>> other & 1) != 0) {
                    int rank = times.merge(new Site(access.rip, other), 1, Integer::sum);
                    if (rank <= EACH) {
                        ranked.get(rank - 1).add(Schedule.NONE.with(new Schedule.Step(access.position,
                                new Schedule.Action.Turn(other))));
                    }
                }
            }
        }
        return ranked.stream().flatMap(List::stream).toList();
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
