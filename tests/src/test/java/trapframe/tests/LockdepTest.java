package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.diagnose.locks.Lock;
import trapframe.diagnose.locks.LockReport;
import trapframe.diagnose.locks.Lockdep;
import trapframe.diagnose.locks.Place;
import trapframe.diagnose.locks.Prediction;
import trapframe.diagnose.locks.PredictionText;
import trapframe.machine.RunLimits;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.Symbol;

/** What good runs say of hangs that they did not have. */
class LockdepTest {
    private static final RunLimits LIMIT = new RunLimits(4_000_000_000L);

    private record Looked(SproutBoot.Run run, LockReport report, KernelSymbols symbols) {
        String name(long address) {
            return symbols.symbolAt(address).map(Symbol::name).orElse("?");
        }

        List<String> functions(Place place) {
            return place.backtrace().stream().map(this::name).toList();
        }
    }

    private static Looked look(SproutBoot boot) {
        KernelSymbols symbols = KernelSymbols.open(boot.image());
        LockReport[] report = new LockReport[1];
        SproutBoot.Run run = boot.run((machine, keyboard, console) -> {
            Lockdep lockdep = new Lockdep(machine, Optional.of(symbols), Lockdep.DEFAULT_NANOS_OFF);
            var reason = machine.run(LIMIT);
            report[0] = lockdep.end();
            return reason;
        });
        return new Looked(run, report[0], symbols);
    }

    private static SproutBoot variant(String name) {
        return SproutBoot.of("test=kthread").withImage(Path.of(System.getProperty("trapframe.root"), "kernel-image", "target",
                "sprout-" + name + ".elf"));
    }

    private static Prediction.InterruptUnsafe onlyUnsafeLock(Looked looked) {
        List<Prediction.InterruptUnsafe> unsafe = looked.report.predictions().stream()
                .filter(each -> each instanceof Prediction.InterruptUnsafe).map(each -> (Prediction.InterruptUnsafe) each).toList();
        assertThat(unsafe).hasSize(1);
        return unsafe.getFirst();
    }

    @ParameterizedTest
    @ValueSource(strings = {"test=boot-stages", "test=kthread", "test=sleep"})
    void aKernelWithoutTheBugsGivesNoPredictionAndRunsAsIfNobodyLooked(String commandLine) {
        SproutBoot boot = SproutBoot.of(commandLine);

        Looked looked = look(boot);

        assertThat(looked.report.predictions()).isEmpty();
        assertThat(looked.report.spinlocks()).isGreaterThan(10);
        assertThat(looked.report.taken()).isGreaterThan(5_000);
        assertThat(looked.run).isEqualTo(boot.run());
    }

    @Test
    void aLogInTheSwitchOfTasksIsPredictedFromARunThatEndsWell() {
        Looked looked = look(variant("log-in-switch"));

        assertThat(looked.run.reason()).isEqualTo(SproutBoot.SUCCESS);
        Prediction.InterruptUnsafe unsafe = onlyUnsafeLock(looked);
        assertThat(looked.name(unsafe.lock().linear())).isEqualTo("log_lock");
        assertThat(looked.functions(unsafe.inHandler())).contains("log_message", "master_kernel_pml4", "sched_switch");
        assertThat(unsafe.inHandler().interrupt()).hasValue(32);
        assertThat(looked.functions(unsafe.outside())).contains("log_message").doesNotContain("sched_switch");
        assertThat(unsafe.windows()).hasSize((int) unsafe.count()).allMatch(window -> window.from() < window.to());
        long start = looked.symbols.address("worker_main").orElseThrow();
        long inlined = LongStream.range(start, start + 1024).filter(address -> looked.symbols.lineAt(address).size() > 1).findFirst().orElseThrow();
        assertThat(new PredictionText(Optional.of(looked.symbols)).frames(new Place(0, 0, 0, OptionalInt.empty(), true, List.of(inlined))))
                .as("what a function was inlined into is named, too").hasSizeGreaterThan(1).last().asString().startsWith("worker_main at ");
    }

    @Test
    void aLockTakenBeforeInterruptsAreOffIsPredicted() {
        Looked looked = look(variant("irq-unsafe-lock"));

        assertThat(looked.run.reason()).isEqualTo(SproutBoot.SUCCESS);
        Prediction.InterruptUnsafe unsafe = onlyUnsafeLock(looked);
        assertThat(looked.name(unsafe.lock().linear())).isEqualTo("sched_lock");
        assertThat(looked.functions(unsafe.outside())).contains("task_create");
    }

    @Test
    void severalProcessorsGiveNoPredictionEither() {
        SproutBoot boot = SproutBoot.of("test=boot-stages").withCpus(4);

        Looked looked = look(boot);

        assertThat(looked.report.predictions()).isEmpty();
        assertThat(looked.report.taken()).isGreaterThan(5_000);
        assertThat(looked.run).isEqualTo(boot.run());
    }

    @Test
    void mutexesTakenInBothOrdersArePredicted() {
        Looked looked = look(variant("abba").withTimerPhase(1_000_000));

        assertThat(looked.run.reason()).isEqualTo(SproutBoot.SUCCESS);
        assertThat(looked.report.predictions()).singleElement().isInstanceOfSatisfying(Prediction.Cycle.class, cycle -> {
            assertThat(cycle.orders()).hasSize(2).allSatisfy(order -> {
                assertThat(order.first().shape()).isEqualTo(Lock.Shape.GUARDED_OWNER);
                assertThat(looked.name(order.first().linear())).isEqualTo("accounts");
                assertThat(looked.functions(order.taking())).contains("mutex_lock", "worker_main");
            });
            assertThat(cycle.onlyBy()).isEqualTo(-1);
        });
    }
}
