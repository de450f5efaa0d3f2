package trapframe.diagnose;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
    private int anchor;
    private int nextAnchor = FIRST_ANCHOR_LIFE;
    private int visits;
    private int begin;
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
        Step first = steps.get(anchor);
        Cpu cpu = machine.cpus().get(step.cpu());
        if (cpu.state().linearRip() == first.rip() && cpu.state().register(CpuState.RSP) == first.registers()[CpuState.RSP]) {
            visit();
        } else if (steps.size() == nextAnchor) {
            anchor = steps.size() - 1;
            nextAnchor *= 4;
            visits = 0;
        }
    }

    /** The CPU is at the anchor again. The first round is not looked at: in it the processor may still set flags in page tables. */
    private void visit() {
        visits++;
        if (visits == 1) {
            begin = steps.size();
        } else if (Integer.bitCount(visits - 1) == 1 || visits < 8) {
            switch (Round.examine(steps.subList(begin, steps.size()), machine)) {
                case Round.Proved(Round proved) -> round = Optional.of(proved);
                case Round.Refused(String reason) -> why = reason;
            }
        }
    }

    /** Whether it changes some bytes of RAM, or did so since the search began. */
    boolean changes(long physical, long bytes) {
        return round().changes(physical, bytes) || changes.stream().anyMatch(access -> access.overlaps(physical, bytes));
    }
}
