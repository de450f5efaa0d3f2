package trapframe.diagnose;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.IntStream;
import trapframe.cpu.Cpu;
import trapframe.cpu.Vector;
import trapframe.machine.Machine;

/** Says when it is worth looking closer, and how much that may cost. Asked at each mark. */
final class Suspicion {
    /** A step by step instruction costs as much as so many code bytes that run freely, and more; the watch may take a small part of a run. */
    private static final int BYTES_PER_STEP = 200_000;
    private static final int FIRST_STEPS = 3_500;
    /** A first look that sees nothing leaves so many to the next one: code that is on its way into a loop is soon there. */
    private static final int KEPT_STEPS = 1_000;
    /** The same where a CPU is in a loop that only interrupts can end, which is seldom so in a run that goes on. */
    private static final int BYTES_PER_STEP_IN_LOOPS = 40_000;
    /** Fewer are not worth a look. */
    private static final int LEAST_STEPS = 250;
    /** Rounds of some ticks take so many. */
    private static final int MOST_STEPS = 40_000;
    /** A mark that passes while all CPUs wait costs next to nothing; nor may the watch. */
    private static final int STEPS_OF_A_WAIT = 8;
    private static final int REMEMBERED = 4;
    /** So many interrupts and exceptions, if they come so often, are suspicious by themselves. */
    private static final int MANY_INTERRUPTS = 256;
    private static final int BYTES_PER_INTERRUPT = 256;
    private static final int PAGE_BITS = 12;

    private final Machine machine;
    private final List<Deque<Long>> pages = new ArrayList<>();
    /** Of each CPU at the last mark: code bytes executed, interrupts and exceptions taken. */
    private final long[] bytes;
    private final long[] interrupts;
    private long credit = FIRST_STEPS;
    private int wanted = LEAST_STEPS;
    private int spentInLoops;
    private long executed;

    Suspicion(Machine machine) {
        this.machine = machine;
        machine.cpus().forEach(cpu -> pages.add(new ArrayDeque<>()));
        bytes = machine.cpus().stream().mapToLong(cpu -> cpu.counts().codeBytes()).toArray();
        interrupts = machine.cpus().stream().mapToLong(Suspicion::interrupts).toArray();
        executed = executed();
    }

    private long executed() {
        return machine.clock().position() - machine.skippedPositions();
    }

    /** How many instructions may be followed now; 0 if there is nothing suspicious. */
    int allowance() {
        credit += (executed() - executed) / BYTES_PER_STEP;
        executed = executed();
        boolean waiting = machine.cpus().stream().noneMatch(Cpu::canRun);
        credit += waiting ? STEPS_OF_A_WAIT : 0;
        boolean all = true;
        for (Cpu cpu : machine.cpus()) {
            if (cpu.canRun() || waiting) {
                // Both look at the CPU as it is at this mark.
                all &= isInterrupted(cpu) | isSuspicious(cpu);
            }
        }
        long most = credit - KEPT_STEPS >= LEAST_STEPS ? credit - KEPT_STEPS : credit;
        return all && most >= LEAST_STEPS ? (int) Math.min(most, Integer.MAX_VALUE) : 0;
    }

    /**
     * How many instructions may be followed to see what interrupts do; 0 if that would be too few.
     *
     * @param left  of the allowance
     * @param loops whether CPUs are in loops that only interrupts can end
     */
    int allowanceForTicks(int left, boolean loops) {
        long most = left + (loops ? Math.max(0, executed / BYTES_PER_STEP_IN_LOOPS - spentInLoops) : 0);
        return most >= wanted ? (int) Math.min(most, MOST_STEPS) : 0;
    }

    /**
     * @param steps  that were followed
     * @param left   of the allowance before them
     * @param enough whether they were
     */
    void spentForTicks(int steps, int left, boolean enough) {
        spentInLoops += Math.max(0, steps - left);
        spent(Math.min(steps, left));
        wanted = enough ? LEAST_STEPS : Math.min(2 * steps, MOST_STEPS);
    }

    void spent(int steps) {
        credit -= steps;
        executed = executed();
    }

    private static long interrupts(Cpu cpu) {
        return cpu.counts().interrupts() + IntStream.range(0, Vector.COUNT).mapToLong(cpu.counts()::exceptions).sum();
    }

    /** Whether a CPU hardly does anything but take interrupts. */
    private boolean isInterrupted(Cpu cpu) {
        int number = cpu.number();
        long executed = cpu.counts().codeBytes() - bytes[number];
        long came = interrupts(cpu) - interrupts[number];
        bytes[number] += executed;
        interrupts[number] += came;
        return came >= MANY_INTERRUPTS && came * BYTES_PER_INTERRUPT > executed;
    }

    /** Whether a CPU executes code of a page where it was seen before. */
    private boolean isSuspicious(Cpu cpu) {
        long page = cpu.state().linearRip() >>> PAGE_BITS;
        Deque<Long> seen = pages.get(cpu.number());
        boolean again = seen.contains(page);
        seen.addLast(page);
        if (seen.size() > REMEMBERED) {
            seen.removeFirst();
        }
        return again;
    }
}
