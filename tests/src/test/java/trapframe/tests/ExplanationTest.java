package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import trapframe.diagnose.why.Awaited;
import trapframe.diagnose.why.Delivery;
import trapframe.diagnose.why.Event;
import trapframe.diagnose.why.Explanation;
import trapframe.diagnose.why.ExplanationText;
import trapframe.diagnose.why.Failure;
import trapframe.diagnose.why.Held;
import trapframe.diagnose.why.InService;
import trapframe.diagnose.why.Link;
import trapframe.diagnose.why.Missed;
import trapframe.diagnose.why.Nesting;
import trapframe.diagnose.why.PoolHistory;
import trapframe.diagnose.why.Stack;
import trapframe.diagnose.why.Stale;
import trapframe.diagnose.why.TaskNow;
import trapframe.diagnose.why.TaskWait;
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
        assertThat(ExplanationText.of(explanation).getLast()).startsWith("interrupts of CPU 0: IF = 0; 8259A (master) IRR 0x01").contains("vector 32 waits for IF");
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

    private static TaskNow task(Explanation explanation, String state) {
        return explanation.tasks().stream().filter(task -> task.state().equals(state)).findFirst().orElseThrow();
    }

    /** The task that sleeps although what it waits for has happened: there is just one. */
    private static TaskNow missing(Explanation explanation) {
        List<TaskNow> missing = explanation.tasks().stream().filter(task -> task.waiting().flatMap(TaskWait::missed).isPresent()).toList();
        assertThat(missing).hasSize(1);
        return missing.getFirst();
    }

    /** It looked, then somebody changed it, then it slept. */
    private static Missed missed(TaskNow task) {
        Missed missed = task.waiting().flatMap(TaskWait::missed).orElseThrow();
        assertThat(missed.change().position()).isLessThan(task.waiting().flatMap(TaskWait::slept).orElseThrow().position());
        missed.test().ifPresent(test -> assertThat(test.position()).isLessThan(missed.change().position()));
        return missed;
    }

    @Test
    void abbaIsACircleOfTwoTasksThatTookTwoMutexesTheOtherWayRound() {
        Explanation explanation = SproutHang.explain("abba");

        assertThat(explanation.chain()).isEmpty();
        assertThat(explanation.taskCircle()).hasSize(2);
        List<TaskNow> circle = explanation.taskCircle().stream().map(explanation.tasks()::get).toList();
        assertThat(circle.stream().map(task -> task.waiting().orElseThrow().object().orElseThrow()))
                .containsExactlyInAnyOrder("accounts[0].mutex", "accounts[1].mutex");
        for (int i = 0; i < 2; i++) {
            TaskWait wait = circle.get(i).waiting().orElseThrow();
            assertThat(wait.on()).isEqualTo(Optional.of(explanation.taskCircle().get(1 - i)));
            assertThat(lineOf("transfer", circle.get(i).stack().orElseThrow())).isEqualTo("mutex_lock(&second->mutex);");
            Held held = wait.owner().orElseThrow();
            assertThat(held.from().function()).hasValue("transfer");
            assertThat(SproutHang.source(held.from())).isEqualTo("mutex_lock(&first->mutex);");
            assertThat(held.taken().by().task()).hasValue(circle.get(1 - i).name());
            assertThat(held.taken().position()).isLessThan(wait.slept().orElseThrow().position());
        }
    }

    @Test
    void lostWakeupSleepsAfterTheUpThatItWaitsFor() {
        TaskNow task = missing(SproutHang.explain("lost-wakeup"));
        Missed missed = missed(task);

        assertThat(missed.what()).isIn("token_there.count", "token_back.count");
        assertThat(missed.what()).isEqualTo(task.waiting().orElseThrow().object().orElseThrow() + ".count");
        assertThat(missed.before()).hasValue("0");
        assertThat(SproutHang.source(missed.test().orElseThrow().at())).isEqualTo("while (semaphore->count == 0) {");
        assertThat(SproutHang.source(missed.change().at())).isEqualTo("semaphore->count++;");
        assertThat(missed.change().by().task()).isPresent().isNotEqualTo(Optional.of(task.name()));
        assertThat(lineOf("semaphore_down", task.stack().orElseThrow())).isEqualTo("wait_queue_wait(&semaphore->waiting, &semaphore->lock);");
    }

    @Test
    void joinRaceSleepsAfterTheExitThatItWaitsFor() {
        Explanation explanation = SproutHang.explain("join-race");
        TaskNow task = missing(explanation);
        Missed missed = missed(task);
        TaskNow joined = explanation.tasks().get(task.waiting().orElseThrow().on().orElseThrow());

        assertThat(task.state()).isEqualTo("TASK_JOINING");
        assertThat(joined.state()).isEqualTo("TASK_EXITED");
        assertThat(missed.after()).hasValue("TASK_EXITED");
        assertThat(missed.change().by().task()).hasValue(joined.name());
        assertThat(SproutHang.source(missed.change().at())).isEqualTo("self->state = TASK_EXITED;");
        assertThat(SproutHang.source(missed.test().orElseThrow().at())).startsWith("bool has_exited = ");
    }

    @Test
    void recvWakesCallerMissesTheReplyOfTheFileServer() {
        Explanation explanation = SproutHang.explain("recv-wakes-caller");
        TaskNow caller = missing(explanation);
        Missed missed = missed(caller);
        TaskNow server = explanation.tasks().get(caller.waiting().orElseThrow().on().orElseThrow());

        assertThat(caller.state()).isEqualTo("TASK_REPLY_BLOCKED");
        assertThat(server.name()).contains("vfs");
        assertThat(server.state()).isEqualTo("TASK_RECV_BLOCKED");
        assertThat(missed.change().by().task()).hasValue(server.name());
        assertThat(lineOf("receive", missed.change().stack())).isEqualTo("end_wait(sender, 0);");
        assertThat(missed.look().orElseThrow().by().task()).hasValue(server.name());
        assertThat(functions(missed.look().orElseThrow().stack())).contains("rendezvous_reply");
        assertThat(missed.look().orElseThrow().position()).isBetween(missed.change().position(),
                caller.waiting().flatMap(TaskWait::slept).orElseThrow().position());
    }

    @Test
    void preemptInReplyMissesTheReplyThatCameBetweenTheMessageAndTheSleep() {
        Explanation explanation = SproutHang.explain("preempt-in-reply", "test=ktest section=Rendezvous", 35);
        TaskNow caller = missing(explanation);
        Missed missed = missed(caller);
        TaskNow called = explanation.tasks().get(caller.waiting().orElseThrow().on().orElseThrow());

        assertThat(caller.state()).isEqualTo("TASK_REPLY_BLOCKED");
        assertThat(caller.call().orElseThrow().name()).hasValue("SYS_CALL");
        assertThat(lineOf("send", caller.stack().orElseThrow())).isEqualTo("return wait_as(TASK_REPLY_BLOCKED);");
        assertThat(missed.change().by().task()).hasValue(called.name());
        assertThat(lineOf("reply", missed.change().stack())).isEqualTo("caller->rendezvous.calls = false;");
        assertThat(lineOf("send", missed.meanwhile().orElseThrow())).isIn("interrupts_on();", "trace(TRACE_SYSCALL, self->id, receiver->id);",
                "interrupts_off();");
        assertThat(functions(missed.meanwhile().orElseThrow())).containsSubsequence("send", "rendezvous_call", "sys_call");
    }

    @Test
    void channels64HasThePoolThatIsUsedUpItsFirstCallThatNeverGaveBackAndTheTaskThatWaitsAtTheBadHandle() {
        Explanation explanation = SproutHang.explain("channels-64", "test=ktest section=C", 0);
        PoolHistory pool = explanation.pools().getFirst();
        TaskNow blocked = task(explanation, "TASK_SLEEPING");
        Event refused = pool.refused().getLast();

        assertThat(explanation.pools()).hasSize(1);
        assertThat(pool.name()).isEqualTo("channels");
        assertThat(pool.limit()).hasValue(64);
        assertThat(pool.curve().stream().mapToLong(PoolHistory.Point::value).max()).hasValue(64);
        assertThat(functions(pool.full().orElseThrow().stack())).containsSubsequence("take_channel", "channel_create_pair", "sys_channel_create_pair");
        assertThat(SproutHang.source(pool.kept().getFirst().at())).isEqualTo("channels_used++;");
        assertThat(pool.kept()).hasSize(64);
        assertThat(pool.kept().getFirst().by().task()).hasValueSatisfying(name -> assertThat(name).contains("ktest"));
        assertThat(pool.kept().getFirst().position()).isLessThan(pool.full().orElseThrow().position());
        assertThat(refused.by().task()).hasValue(blocked.name());
        assertThat(functions(refused.stack())).containsSubsequence("channel_create_pair", "sys_channel_create_pair");
        assertThat(blocked.waiting().orElseThrow().what()).contains("no channel");
        assertThat(blocked.call().orElseThrow().name()).hasValue("SYS_CHANNEL_RECEIVE_BLOCKING");
        assertThat(blocked.call().orElseThrow().arguments().getFirst()).isEqualTo(-1);
        assertThat(ExplanationText.of(explanation).get(1)).contains("all 64 of channels", blocked.name() + " was refused one",
                "sleeps in SYS_CHANNEL_RECEIVE_BLOCKING(0xffffffffffffffff");
    }

    @Test
    void nestedTimerStackHasTheTimersInterruptInItselfUntilTheStackIsUsedUp() {
        Explanation explanation = SproutHang.explain("nested-timer-stack");
        Nesting nesting = explanation.nesting().getFirst();

        assertThat(explanation.nesting()).hasSize(1);
        assertThat(nesting.levels()).isGreaterThan(8);
        assertThat(nesting.innermost().orElseThrow().vector()).hasValue(TIMER);
        assertThat(functions(nesting.innermost().orElseThrow().stack())).containsSubsequence("random_stir", "handle_timer", "irq_dispatch", "trap_common",
                "handle_timer", "irq_dispatch");
        assertThat(lineOf("irq_dispatch", nesting.allowed().orElseThrow().stack())).isEqualTo("interrupts_on();");
        assertThat(nesting.overflow()).hasValueSatisfying(fault -> assertThat(fault.stackMapped()).isFalse());
        assertThat(ExplanationText.of(explanation).get(1)).contains("interrupts are nested", "interrupts are let in again in irq_dispatch",
                "the stack was used up");
    }

    @Test
    void staleTlbHasThePageThatAProgramStillReachedAfterItsEntryWasCleared() {
        Stale stale = SproutHang.explain("stale-tlb").stale().orElseThrow();

        assertThat(functions(stale.change().stack())).containsSubsequence("page_unmap", "address_space_remove", "sys_heap_end", "syscall_dispatch");
        assertThat(SproutHang.source(stale.change().at())).isEqualTo("*entry = 0;");
        assertThat(stale.change().position()).isLessThan(stale.use().position());
        assertThat(stale.use().by()).isEqualTo(stale.change().by());
        assertThat(stale.use().by().task()).hasValueSatisfying(name -> assertThat(name).contains("ktest"));
        assertThat(stale.use().at().source()).as("code of the program").isEmpty();
        assertThat(stale.use().at().address()).isLessThan(1L << 47);
        assertThat(stale.mapped()).isNotEqualTo(OptionalLong.of(stale.physical()));
    }

    @Test
    void aKernelThatInvalidatesWhatItTakesAwayUsesNoTranslationThatIsOutOfDate() {
        Explanation explanation = SproutHang.explainFixed("test=ktest section=Memory");

        assertThat(explanation.chain()).isEmpty();
        assertThat(explanation.stale()).isEmpty();
    }

    @Test
    void stiHltGapHasATaskThatTheInterruptMadeReadyBetweenTheLookForWorkAndTheHalt() {
        Explanation explanation = SproutHang.explain("sti-hlt-gap");
        Event ready = task(explanation, "TASK_READY").ready().orElseThrow();

        assertThat(functions(ready.stack())).containsSubsequence("sched_make_ready", "handle_timer", "irq_dispatch", "trap_common", "idle");
        assertThat(SproutHang.source(ready.stack().interrupted().orElseThrow().source().getLast().line().orElseThrow())).isIn("interrupts_on();", "trace(TRACE_IDLE, 0, 0);", "halt();");
        assertThat(explanation.cpus().getFirst().does()).contains("HLT");
    }

    @Test
    void missingEoiHasTheTimersVectorInServiceWhoseHandlerLeftBeforeTheEndOfInterrupt() {
        Explanation explanation = SproutHang.explain("missing-eoi");
        InService timer = explanation.inService().getFirst();

        assertThat(explanation.inService()).hasSize(1);
        assertThat(timer.vector()).isEqualTo(TIMER);
        assertThat(timer.controller()).contains("8259A");
        assertThat(explanation.cpus().getFirst().interrupts().chips().getFirst().isr()).isEqualTo(1);
        assertThat(ExplanationText.of(explanation).getLast()).contains("IF = 1", "ISR 0x01", "vector 32 waits for the end of vector 32");
        assertThat(timer.left()).isGreaterThan(timer.taken().position());
        assertThat(timer.branch().orElseThrow().at().function()).hasValue("irq_dispatch");
        assertThat(SproutHang.source(timer.branch().orElseThrow().at())).isEqualTo("if (!handlers[irq]()) {");
        assertThat(functions(timer.usual().orElseThrow().stack())).containsSubsequence("pic8259_end_of_interrupt", "irq_dispatch");
    }

    @Test
    void refcountRaceNamesBothTasksThatFreedTheRound() {
        Failure failure = SproutHang.explain("refcount-race").failure().orElseThrow();
        Event earlier = failure.earlier().orElseThrow();

        assertThat(failure.function()).isEqualTo("kfree");
        assertThat(functions(failure.call().stack())).containsSubsequence("kfree", "round_put", "worker_main");
        assertThat(functions(earlier.stack())).containsSubsequence("kfree", "round_put");
        assertThat(lineOf("round_put", earlier.stack())).isEqualTo("kfree(round);");
        assertThat(earlier.position()).isLessThan(failure.call().position());
        assertThat(earlier.by().task()).isPresent().isNotEqualTo(failure.call().by().task());
    }
}
