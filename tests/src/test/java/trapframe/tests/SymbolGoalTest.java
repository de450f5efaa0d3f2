package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import trapframe.boot.BootImage;
import trapframe.boot.BootParameters;
import trapframe.diagnose.Verdict;
import trapframe.harness.Goal;
import trapframe.harness.Outcome;
import trapframe.harness.Session;
import trapframe.harness.Setup;
import trapframe.machine.MachineSpec;
import trapframe.symbols.KernelSymbols;

/** A guest that has to come to a symbol is watched like any other. */
class SymbolGoalTest {
    private static final long SECOND = 1_000_000_000;
    private static final Path IMAGE = SproutBoot.IMAGE.resolveSibling("sprout-log-in-switch.elf");

    private static Outcome runToTheEnd(Optional<KernelSymbols> symbols, long phase) {
        MachineSpec spec = MachineSpec.standard().withMemory(8 << 20).withTimerPhase(phase);
        Setup setup = new Setup(BootImage.open(IMAGE), false, BootParameters.of("test=kthread"), spec, false, List.of(), symbols, Optional.empty());
        try (Session session = new Session(setup)) {
            Outcome outcome = session.run(Goal.Executes.of("debug_exit", symbols), SECOND);
            assertThat(session.verdict().isPresent()).isEqualTo(outcome instanceof Outcome.Hung);
            return outcome;
        }
    }

    /** The variant spins for a lock with interrupts off where a tick came at a bad moment, and comes to its end elsewhere. */
    @Test
    void aHangOnTheWayToASymbolIsProvedLongBeforeTheBudgetIsUsedUp() {
        Optional<KernelSymbols> symbols = Optional.of(KernelSymbols.open(IMAGE));
        List<Outcome> outcomes = SproutPhases.phases(7).stream().map(phase -> runToTheEnd(symbols, phase)).distinct().toList();

        assertThat(outcomes).contains(new Outcome.Reached("")).anySatisfy(outcome -> assertThat(outcome).isInstanceOfSatisfying(Outcome.Hung.class,
                hung -> assertThat(hung.verdict()).isInstanceOf(Verdict.DeadSpin.class)));
        assertThat(outcomes).doesNotHaveAnyElementsOfTypes(Outcome.OutOfBudget.class);
    }
}
