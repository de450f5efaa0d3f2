package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import trapframe.diagnose.why.Awaited;
import trapframe.diagnose.why.Delivery;
import trapframe.diagnose.why.Explanation;
import trapframe.diagnose.why.Held;
import trapframe.diagnose.why.Link;
import trapframe.diagnose.why.Stack;
import trapframe.symbols.SourceFrame;

/** Why the variants of Sprout hang: functions and source lines, found by what the lines say. */
class ExplanationTest {
    private static final int TIMER = 0x20;

    private static List<String> functions(Stack stack) {
        return stack.entries().stream().flatMap(entry -> entry.place().source().stream()).map(SourceFrame::function).toList();
    }

    private static String lineOf(String function, Stack stack) {
        return stack.entries().stream().flatMap(entry -> entry.place().source().stream()).filter(frame -> frame.function().equals(function))
                .findFirst().flatMap(SourceFrame::line).map(SproutHang::source).orElseThrow();
    }

    @Test
    void logInSwitchSpinsForTheLogsLockWhoseHolderTheTickInterrupted() {
        Explanation explanation = SproutHang.explain("log-in-switch");
        Link link = explanation.chain().getFirst();

        assertThat(explanation.chain()).hasSize(1);
        assertThat(explanation.circle()).hasValue(0);
        assertThat(explanation.cpus().getFirst().interruptsOn()).isFalse();
        assertThat(SproutHang.source(link.at())).startsWith("while (atomic_load_explicit(&lock->serving");
        assertThat(functions(link.stack())).containsSubsequence("spin_lock", "log_message", "master_kernel_pml4", "switch_to_thread", "trap_dispatch",
                "worker_main");
        assertThat(link.awaited().name()).hasValue("log_lock.serving");
        assertThat(link.awaited().lock().orElseThrow()).satisfies(lock -> {
            assertThat(lock.kind()).isEqualTo(Awaited.Kind.TICKET);
            assertThat(lock.name()).hasValue("log_lock");
            assertThat(lock.ticket().orElseThrow()).isEqualTo(link.awaited().value().orElseThrow()).isLessThan(link.awaited().wanted().orElseThrow());
        });
        Held held = link.held().orElseThrow();
        assertThat(held.from().function()).hasValue("log_message");
        assertThat(SproutHang.source(held.from())).isEqualTo("spin_lock(&log_lock);");
        assertThat(SproutHang.source(held.taken().at())).contains("atomic_fetch_add_explicit(&lock->next");
        assertThat(held.taken().by().task()).isEqualTo(link.waiter().task());
        assertInterruptedByTheTick(held, "log_message");
        assertThat(held.taken().position()).isLessThan(((Held.Interrupted) held.now()).delivery().orElseThrow().position());
        assertThat(((Held.Interrupted) held.now()).delivery().orElseThrow().position()).isLessThan(link.since().orElseThrow());
    }

    /** The holder stopped between its lock and unlock, under the handler that waits. */
    private static void assertInterruptedByTheTick(Held held, String function) {
        assertThat(held.now()).isInstanceOfSatisfying(Held.Interrupted.class, interrupted -> {
            assertThat(interrupted.underWaiter()).isTrue();
            assertThat(functions(interrupted.stack())).contains(function);
            Delivery delivery = interrupted.delivery().orElseThrow();
            assertThat(delivery.vector()).isEqualTo(OptionalInt.of(TIMER));
            assertThat(delivery.software()).isFalse();
            assertThat(delivery.at()).isEqualTo(interrupted.at());
        });
    }

    @Test
    void irqUnsafeLockSpinsInTheHandlerForTheLockOfTheTaskThatItInterrupted() {
        Explanation explanation = SproutHang.explain("irq-unsafe-lock");
        Link link = explanation.chain().getFirst();
        Held held = link.held().orElseThrow();

        assertThat(functions(link.stack())).containsSubsequence("spin_lock", "handle_timer", "irq_dispatch", "task_create");
        assertThat(link.awaited().lock().orElseThrow().name()).hasValue("sched_lock");
        assertThat(held.from().function()).hasValue("task_create");
        assertThat(SproutHang.source(held.from())).isEqualTo("spin_lock(&sched_lock);");
        assertThat(lineOf("task_create", held.taken().stack())).isEqualTo("spin_lock(&sched_lock);");
        assertInterruptedByTheTick(held, "task_create");
        assertThat(explanation.circle()).hasValue(0);
    }

    @Test
    void withoutSymbolsTheLockItsHolderAndTheInterruptedInstructionAreTheSame() {
        Link named = SproutHang.explain("irq-unsafe-lock").chain().getFirst();
        Explanation raw = SproutHang.explainRaw("irq-unsafe-lock");
        Link link = raw.chain().getFirst();

        assertThat(link.at().address()).isEqualTo(named.at().address());
        assertThat(link.at().source()).isEmpty();
        assertThat(link.awaited().lock().orElseThrow()).usingRecursiveComparison().ignoringFields("name")
                .isEqualTo(named.awaited().lock().orElseThrow());
        assertThat(link.held().orElseThrow().taken().position()).isEqualTo(named.held().orElseThrow().taken().position());
        assertThat(link.held().orElseThrow().from().address()).isEqualTo(named.held().orElseThrow().from().address());
        assertThat(link.held().orElseThrow().now()).isInstanceOfSatisfying(Held.Interrupted.class, interrupted ->
                assertThat(interrupted.at().address()).isEqualTo(((Held.Interrupted) named.held().orElseThrow().now()).at().address()));
        assertThat(raw.circle()).hasValue(0);
    }
}
