package trapframe.diagnose.why;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import trapframe.cpu.CodeInstruction;
import trapframe.cpu.Cpu;
import trapframe.cpu.Witness;

/**
 * Finds entries of TLBs that lead elsewhere than the page tables in memory do by the time at which the TLB is emptied. Nobody need have used them
 * between the change and then. The run is the one without it.
 */
final class TranslationWatch implements Witness {
    private static final long PAGE = 4096;
    private static final int PROGRAM = 3;

    /** An entry of a TLB, since about a position; whether a program asked for it. */
    private record Entry(long position, long physical, boolean program) { }

    /**
     * An entry that was out of date.
     *
     * @param linear   address of the page
     * @param physical address of the page that it led to
     * @param program  whether a program asked for it, and not only the kernel
     * @param from     a position before the entry was made
     * @param to       one at which it was out of date, and behind which it was not there any more
     */
    record Outdated(int cpu, long linear, long physical, boolean program, long from, long to) { }

    private final Map<Integer, TreeMap<Long, Entry>> entries = new TreeMap<>();
    private final List<Outdated> found = new ArrayList<>();

    /** What was found in a run that ended with these CPUs at a position, in the order of the ends. */
    List<Outdated> found(List<Cpu> cpus, long position) {
        cpus.forEach(cpu -> compare(cpu, position));
        return found.stream().sorted(Comparator.comparingLong(Outdated::to)).toList();
    }

    private TreeMap<Long, Entry> of(Cpu cpu) {
        return entries.computeIfAbsent(cpu.number(), _ -> new TreeMap<>());
    }

    @Override
    public void translated(Cpu cpu, long position, long linear, long physical) {
        // A TLB may have dropped an entry to make room, and walked again.
        boolean program = cpu.state().cpl() == PROGRAM;
        Entry before = of(cpu).get(linear);
        if (before != null && before.physical != physical) {
            found.add(outdated(cpu, linear, before, position));
            before = null;
        }
        of(cpu).put(linear, before == null ? new Entry(position, physical, program) : new Entry(before.position, physical, before.program || program));
    }

    @Override
    public void executes(Cpu cpu, long position, CodeInstruction instruction) {
        if (instruction.isInvlpg()) {
            of(cpu).remove(instruction.address(cpu.state()) & -PAGE);
        } else if (instruction.kind() == CodeInstruction.Kind.INVALIDATION) {
            compare(cpu, position);
        }
    }

    @Override
    public void emptied(Cpu cpu, long position) {
        compare(cpu, position);
    }

    /** All entries go. */
    private void compare(Cpu cpu, long position) {
        of(cpu).forEach((linear, entry) -> {
            OptionalLong now = cpu.physical(linear);
            if (now.isEmpty() || (now.getAsLong() & -PAGE) != entry.physical) {
                found.add(outdated(cpu, linear, entry, position));
            }
        });
        of(cpu).clear();
    }

    private static Outdated outdated(Cpu cpu, long linear, Entry entry, long position) {
        return new Outdated(cpu.number(), linear, entry.physical, entry.program, entry.position, position);
    }
}
