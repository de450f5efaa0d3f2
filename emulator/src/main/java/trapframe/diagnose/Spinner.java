package trapframe.diagnose;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import trapframe.cpu.Cpu;
import trapframe.diagnose.flow.Access;
import trapframe.diagnose.flow.Round;
import trapframe.diagnose.flow.Step;
import trapframe.machine.Machine;
import trapframe.unicorn.CpuState;

/** Looks for a loop in what one CPU does. */
final class Spinner {
    /** After so many instructions the loop may have been entered: what comes back then is another instruction. */
    private static final int FIRST_ANCHOR_LIFE = 64;

    private final Machine machine;
    private final List<Step> steps = new ArrayList<>();
    /** Stores that changed something since the search began. */
    private final List<Access> changes = new ArrayList<>();
    /** What bytes were at the round's beginning that were changed in it, and those that are something else now. */
    private final TreeMap<Long, Integer> before = new TreeMap<>();
    private final TreeSet<Long> differing = new TreeSet<>();
    private int anchor;
    private int nextAnchor = FIRST_ANCHOR_LIFE;
    private int visits;
    private int begin;
    private int backs;
    private Optional<Round> round = Optional.empty();
    private String why = "";

    Spinner(Machine machine) {
        this.machine = machine;
    }

    boolean isProved() {
        return round.isPresent();
    }

    Round round() {
        return round.orElseThrow();
    }

    String why() {
        return why;
    }

    void add(Step step) {
        step.accesses().stream().filter(Access::changed).forEach(changes::add);
        if (isProved()) {
            return;
        }
        steps.add(step);
        if (visits > 0) {
            step.accesses().stream().filter(Access::changed).forEach(this::compare);
        }
        Step first = steps.get(anchor);
        Cpu cpu = machine.cpus().get(step.cpu());
        if (cpu.state().linearRip() == first.rip() && cpu.state().register(CpuState.RSP) == first.registers()[CpuState.RSP]) {
            visit();
        } else if (steps.size() == nextAnchor) {
            anchor = steps.size() - 1;
            nextAnchor *= 4;
            visits = 0;
            backs = 0;
        }
    }

    /** The CPU is at the anchor again. The first round is not looked at: in it the processor may still set flags in page tables. */
    private void visit() {
        visits++;
        if (visits == 1) {
            begin = steps.size();
            before.clear();
            differing.clear();
            return;
        }
        boolean back = isBack();
        backs += back ? 1 : 0;
        if (isTimeToLook(visits - 1) || back && isTimeToLook(backs)) {
            switch (Round.examine(steps.subList(begin, steps.size()), machine)) {
                case Round.Proved(Round proved) -> round = Optional.of(proved);
                case Round.Refused(String reason) -> why = reason;
            }
        }
    }

    /** The first times, and then more and more seldom. */
    private static boolean isTimeToLook(int times) {
        return times < 7 || Integer.bitCount(times) == 1;
    }

    /** Whether registers and memory are as they were at the round's beginning: a loop with loops in it is there again. */
    private boolean isBack() {
        long[] then = steps.get(begin).registers();
        CpuState now = machine.cpus().get(steps.get(begin).cpu()).state();
        return differing.isEmpty() && IntStream.range(0, then.length).allMatch(i -> then[i] == now.register(i));
    }

    /** Takes note of what a store changed since the round's beginning. */
    private void compare(Access store) {
        for (int i = 0; i < Math.min(store.bytes(), Long.BYTES); i++) {
            long at = store.physical() + i;
            int was = before.computeIfAbsent(at, _ -> (int) (store.before() >>> 8 * (at - store.physical())) & 0xff);
            if (machine.ram().getByte(at) == was) {
                differing.remove(at);
            } else {
                differing.add(at);
            }
        }
    }

    /** Whether it changes some bytes of RAM, or did so since the search began. */
    boolean changes(long physical, long bytes) {
        return round().changes(physical, bytes) || changes.stream().anyMatch(access -> access.overlaps(physical, bytes));
    }
}
