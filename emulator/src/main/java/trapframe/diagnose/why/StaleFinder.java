package trapframe.diagnose.why;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import trapframe.capstone.DecodedInstruction;
import trapframe.capstone.Operand;
import trapframe.cpu.Cpu;
import trapframe.cpu.Observation;
import trapframe.cpu.Watch;
import trapframe.timeline.Moment;
import trapframe.timeline.Stop;
import trapframe.unicorn.CpuState;

/** Finds accesses through entries of a TLB that were out of date. */
final class StaleFinder {
    private static final int PAGE = 4096;
    private static final int ENTRY = Long.BYTES;
    /** Entries that are looked at, and accesses to the page of each. */
    private static final int MOST_ENTRIES = 16;
    private static final int MOST_ACCESSES = 2000;
    private static final int LONGEST_INSTRUCTION = 15;
    private static final int PROGRAM = 3;
    private static final long CR4_SMAP = 1 << 21;
    private static final Pattern STRING = Pattern.compile("(rep\\w* )?(movs|stos|lods|scas|cmps)[bwdq]?");
    private static final List<Integer> POINTERS = List.of(CpuState.RSP, CpuState.RSI, CpuState.RDI);

    private final Scene scene;
    private final Moment now;

    StaleFinder(Scene scene, Moment now) {
        this.scene = scene;
        this.now = now;
    }

    /** The last entry that was used although it was out of date. It goes through the whole run, and looks at the last ones of what it finds. */
    Optional<Stale> find() {
        TranslationWatch watch = new TranslationWatch();
        scene.timeline().goTo(Moment.at(0));
        scene.machine().witness(watch);
        // On the way to a moment checkpoints would be jumped to.
        scene.timeline().run(now.position());
        scene.machine().witness(null);
        Optional<Stale> found = watch.found(scene.machine().cpus(), scene.position()).reversed().stream().limit(MOST_ENTRIES).flatMap(entry -> find(entry).stream()).findFirst();
        scene.timeline().goTo(now);
        return found;
    }

    private Optional<Stale> find(TranslationWatch.Outdated entry) {
        return used(entry).flatMap(use -> changed(entry, use.moment).map(change -> {
            scene.timeline().goTo(use.moment);
            OptionalLong mapped = scene.cpu(entry.cpu()).physical(entry.linear());
            return new Stale(entry.cpu(), entry.linear(), entry.physical(), mapped, change, scene.event(entry.cpu()), writer(use));
        }));
    }

    private boolean isOutdated(TranslationWatch.Outdated entry) {
        OptionalLong there = scene.cpu(entry.cpu()).physical(entry.linear());
        return there.isEmpty() || (there.getAsLong() & -PAGE) != entry.physical();
    }

    /** The last write before a use that made the page tables lead elsewhere than an entry of the TLB. */
    private Optional<Event> changed(TranslationWatch.Outdated entry, Moment use) {
        scene.timeline().goTo(use);
        List<Watch> tables = scene.cpu(entry.cpu()).tableEntries(entry.linear()).stream().map(at -> new Watch(at, ENTRY, Watch.Kind.WRITE)).toList();
        scene.timeline().goTo(Moment.at(entry.from()));
        boolean[] was = {isOutdated(entry)};
        scene.timeline().observe(new Observation(new long[0], tables, false), _ -> {
            boolean is = isOutdated(entry);
            boolean changes = is && !was[0];
            was[0] = is;
            return changes;
        });
        Optional<Moment> last = Optional.empty();
        int cpu = 0;
        while (scene.timeline().run(use.position()) instanceof Stop.Watchpoint hit) {
            last = Optional.of(scene.timeline().now());
            cpu = hit.cpu();
        }
        scene.timeline().observe(Observation.NONE);
        if (last.isEmpty()) {
            return Optional.empty();
        }
        scene.timeline().goTo(last.get());
        scene.timeline().stepBack(OptionalInt.of(cpu));
        return Optional.of(scene.event(cpu));
    }

    /** Before an access, and what it accesses. */
    private record Use(Moment moment, long physical) { }

    /** The first access through the entry while it is out of date. */
    private Optional<Use> used(TranslationWatch.Outdated entry) {
        List<Moment> accesses = accesses(entry);
        scene.timeline().goTo(Moment.at(entry.from()));
        for (Moment behind : accesses) {
            if (scene.position() < behind.position() - LONGEST_INSTRUCTION) {
                scene.timeline().goTo(Moment.at(behind.position() - LONGEST_INSTRUCTION));
            }
            Moment before = scene.timeline().now();
            OptionalLong linear = OptionalLong.empty();
            while (scene.timeline().now().compareTo(behind) < 0) {
                before = scene.timeline().now();
                linear = accessed(scene.cpu(entry.cpu()), entry.linear());
                scene.timeline().step(OptionalInt.of(entry.cpu()));
            }
            if (linear.isPresent()) {
                return Optional.of(new Use(before, entry.physical() + (linear.getAsLong() & PAGE - 1)));
            }
        }
        return Optional.empty();
    }

    /** Moments behind accesses to the page that an entry leads to, by whatever address, while it is out of date. */
    private List<Moment> accesses(TranslationWatch.Outdated entry) {
        scene.timeline().goTo(Moment.at(entry.from()));
        scene.timeline().observe(new Observation(new long[0], List.of(new Watch(entry.physical(), PAGE, Watch.Kind.ACCESS)), false),
                machine -> machine.cpuOnTurn().number() == entry.cpu() && mayAccess(machine.cpuOnTurn(), entry) && isOutdated(entry));
        List<Moment> accesses = new ArrayList<>();
        while (accesses.size() < MOST_ACCESSES && scene.timeline().run(Math.min(entry.to(), now.position())) instanceof Stop.Watchpoint) {
            accesses.add(scene.timeline().now());
        }
        scene.timeline().observe(Observation.NONE);
        return accesses;
    }

    /** Whether what a CPU did last may have used an entry: a program's, the kernel only where SMAP lets it and it has a pointer (SDM, 4.6.1). */
    private static boolean mayAccess(Cpu cpu, TranslationWatch.Outdated entry) {
        CpuState state = cpu.state();
        boolean mayUse = (state.control(4) & CR4_SMAP) == 0 || (state.eflags() & CpuState.AC) != 0;
        return !entry.program() || state.cpl() == PROGRAM
                || mayUse && POINTERS.stream().anyMatch(register -> (state.register(register) & -PAGE) == entry.linear());
    }

    /** The address in a page that a CPU's next instruction names, or that it uses without naming it, as PUSH does, or with another one, as MOVS does. */
    private OptionalLong accessed(Cpu cpu, long page) {
        Optional<DecodedInstruction> instruction = scene.instruction(cpu);
        Optional<Operand.Memory> named = instruction.flatMap(DecodedInstruction::memory);
        LongStream address = named.stream().mapToLong(memory -> Scene.address(instruction.get(), memory, cpu.snapshot()));
        boolean usesOthers = named.isEmpty() || STRING.matcher(instruction.get().operation()).matches();
        LongStream others = usesOthers ? POINTERS.stream().mapToLong(register -> cpu.state().register(register)) : LongStream.empty();
        return LongStream.concat(address, others).filter(each -> (each & -PAGE) == page).findFirst();
    }

    /** Who wrote the bytes of a use last. */
    private Optional<Event> writer(Use use) {
        return new History(scene).last(use.physical & -Long.BYTES, Long.BYTES, Watch.Kind.WRITE, use.moment, _ -> true)
                .map(access -> scene.event(access.cpu()));
    }
}
