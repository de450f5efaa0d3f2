package trapframe.tests.sprout;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.boot.BootImage;
import trapframe.boot.BootParameters;
import trapframe.device.SerialInputQueue;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.MemoryView;
import trapframe.symbols.Value;
import trapframe.tests.timeline.SproutMachine;

/** Sprout's invariants, looked at from outside at many places of a run: by symbol and by type, without any code in the guest for it. */
class SproutInvariantsTest {
    private static final Path IMAGES = SproutMachine.IMAGE.getParent();
    private static final KernelSymbols SYMBOLS = KernelSymbols.open(IMAGES.resolve("sprout.elf"));
    private static final int MEMORY_BYTES = 16 << 20;
    private static final RunLimits HANGS_BY_THEN = new RunLimits(400_000_000L);
    /** A tick of 10 ms, in positions. */
    private static final long TICK = 10_000_000;
    private static final int PHASES = 100;
    private static final RunLimits LIMIT = new RunLimits(5_000_000_000L);

    private static Machine boot(String image, String commandLine, long timerPhase) {
        return boot(image, commandLine, timerPhase, 1);
    }

    private static Machine boot(String image, String commandLine, long timerPhase, int cpus) {
        return new Machine(MachineSpec.standard().withMemory(MEMORY_BYTES).withTimerPhase(timerPhase).withCpus(cpus), BootImage.open(IMAGES.resolve(image)),
                BootParameters.of(commandLine), new SerialInputQueue(), value -> { });
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 4_321_000})
    void holdAllThroughTheTestOfKernelThreads(long phase) {
        assertHold("test=kthread", phase, 1, 9_973, 2_000);
    }

    @ParameterizedTest
    @CsvSource({"test=kthread, 2, 29989", "test=kthread, 4, 29989", "'run=\"ls; ls\"', 3, 99991"})
    void holdOnSeveralProcessors(String commandLine, int cpus, long slice) {
        assertHold(commandLine, 0, cpus, slice, 500);
    }

    @ParameterizedTest
    @CsvSource({"test=ktest, 499979", "'run=\"ls; ls\"', 99991", "test=sleep, 99991"})
    void holdAllThroughRunsWithProcessesMessagesAndSleepers(String commandLine, long slice) {
        assertHold(commandLine, 0, 1, slice, 500);
    }

    /** Where the bug leaves the scheduler's data as they must not be, somebody who only looks at them sees it. */
    @ParameterizedTest
    @ValueSource(strings = {"abba", "lost-wakeup", "join-race"})
    void areBrokenWhereAVariantHangsAndHoldWhereItEndsWell(String variant) {
        String image = "sprout-" + variant + ".elf";
        KernelVariables variables = new KernelVariables(KernelSymbols.open(IMAGES.resolve(image)));
        boolean hung = false;
        for (int i = 0; i < PHASES && !hung; i++) {
            // 37 has no divisor in common with the number of phases: neighbours, which are alike, come late.
            try (Machine machine = boot(image, "test=kthread", i * 37L % PHASES * (TICK / PHASES))) {
                hung = !(machine.run(HANGS_BY_THEN) instanceof StopReason.GuestExit);
                List<String> violations = Invariants.violations(KernelState.read(variables, machine.cpus().getFirst()::look).orElseThrow());
                assertThat(violations.isEmpty()).as("%s", violations).isEqualTo(!hung);
            }
        }
        assertThat(hung).isTrue();
    }

    /** A machine in the test of kernel threads, with the scheduler's lock free and tasks in many states. */
    private static Machine busyMachine(KernelVariables variables) {
        for (long phase = 0; phase < TICK; phase += TICK / 10) {
            Machine machine = boot("sprout.elf", "test=kthread", phase);
            while (machine.run(new RunLimits(machine.clock().position() + 4_999)) instanceof StopReason.PositionLimit) {
                Optional<KernelState> state = KernelState.read(variables, machine.cpus().getFirst()::look);
                if (state.isPresent() && isBusy(state.get())) {
                    return machine;
                }
            }
            machine.close();
        }
        throw new AssertionError("tasks are never in all of these states at once, at any phase");
    }

    private static boolean isBusy(KernelState state) {
        return !state.schedLock().isHeld() && count(state, "TASK_READY") > 2 && count(state, "TASK_SLEEPING") > 0 && count(state, "TASK_JOINING") > 0;
    }

    private static long count(KernelState state, String name) {
        return state.tasks().values().stream().filter(task -> task.is(name)).count();
    }

    private static KernelState.Task any(KernelState state, String name) {
        return state.tasks().values().stream().filter(task -> task.is(name) && !state.isIdle(task))
                .min(Comparator.comparing(KernelState.Task::slot)).orElseThrow();
    }

    /** The same checks fail on the same memory as soon as something is wrong in it. */
    @Test
    void aPlantedViolationIsFound() {
        KernelVariables variables = new KernelVariables(SYMBOLS);
        try (Machine machine = busyMachine(variables)) {
            MemoryView memory = machine.cpus().getFirst()::look;
            KernelState state = KernelState.read(variables, memory).orElseThrow();
            String ready = "tasks[" + any(state, "TASK_READY").slot() + "]";
            String sleeping = "tasks[" + any(state, "TASK_SLEEPING").slot() + "]";
            String joining = "tasks[" + any(state, "TASK_JOINING").slot() + "]";
            String running = "tasks[" + any(state, "TASK_RUNNING").slot() + "]";
            String joined = "tasks[" + state.tasks().values().stream().filter(task -> task.joiner() == any(state, "TASK_JOINING").address())
                    .findFirst().orElseThrow().slot() + "]";
            long joinedAddress = SYMBOLS.value(joined, memory).address();
            Planted planted = new Planted(variables, memory);

            assertThat(Invariants.violations(state)).isEmpty();
            planted.with(ready + ".state", 99).shows(ready, "99) has no valid state");
            planted.with(ready + ".state", 2).shows("but running is also");
            planted.with(ready + ".state", 3).shows("the run queue of processor 0 holds " + ready);
            planted.with(sleeping + ".state", 1).shows("holds " + sleeping, "TASK_READY");
            planted.with(sleeping + ".waiting_in", 0).shows("holds " + sleeping, "which waits in 0x0");
            planted.with(running + ".state", 1).shows("processor 0 runs " + running, "TASK_READY");
            planted.with("cpus[0].current", SYMBOLS.value(ready, memory).address()).shows("processor 0 runs " + ready);
            planted.with("cpus[0].run_queue.first", 0).shows("TASK_READY) is in no queue");
            planted.with(ready + ".next", SYMBOLS.value(ready, memory).address()).shows("goes in a circle");
            planted.with("cpus[0].run_queue.last", 0).shows("but its last is");
            planted.with(joined + ".state", 8).shows(joining, "waits for the exit of " + joined);
            planted.with(joined + ".joiner", 0).shows(joining, "joins []");
            planted.with(ready + ".id", 0).shows("have the same id");
            planted.with(ready + ".id", 1_000_000).shows("which was never given");
            planted.with("sched_lock.holder", joinedAddress).shows("the lock sched_lock is free, but held by " + joined);
            planted.with("log_lock.holder", joinedAddress).with("log_lock.next", SYMBOLS.value("log_lock.serving", memory).number() + 1)
                    .with(joined + ".state", 8).shows("log_lock is held by " + joined);
            planted.with("log_lock.next", SYMBOLS.value("log_lock.serving", memory).number() - 1).shows("serves a ticket that nobody has");
            planted.with("tasks[63].state", 6).with("tasks[63].id", 2).with("tasks[63].rendezvous.calls", 1)
                    .with("tasks[63].rendezvous.partner", SYMBOLS.value("tasks[62]", memory).address()).shows("tasks[63]", "waits for tasks[62]");
            planted.with("channels_used", 1).with("channels[5].live_ends", 1).with("channels[5].ends[0].object.references", -1)
                    .shows("has -1 references");
        }
    }

    /** Memory with some of its bytes changed. */
    private record Planted(KernelVariables variables, MemoryView memory) {
        Planted with(String expression, long value) {
            Value changed = SYMBOLS.value(expression, memory);
            int size = (int) changed.type().size();
            return new Planted(variables, (address, length) -> {
                byte[] bytes = memory.read(address, length);
                for (int i = 0; i < size; i++) {
                    long at = changed.address() + i - address;
                    if (at >= 0 && at < bytes.length) {
                        bytes[(int) at] = (byte) (value >>> Byte.SIZE * i);
                    }
                }
                return bytes;
            });
        }

        void shows(String... parts) {
            assertThat(Invariants.violations(KernelState.read(variables, memory).orElseThrow())).as("%s", List.of(parts))
                    .anySatisfy(violation -> assertThat(violation).contains(parts));
        }
    }

    /** What a task and one other are in the middle of is no violation while the lock is held; what concerns more of them is. */
    @Test
    void theSchedulersLockExcusesWhatItsHolderHasInHandAndNoMore() {
        KernelVariables variables = new KernelVariables(SYMBOLS);
        try (Machine machine = busyMachine(variables)) {
            MemoryView memory = machine.cpus().getFirst()::look;
            KernelState state = KernelState.read(variables, memory).orElseThrow();
            String ready = "tasks[" + any(state, "TASK_READY").slot() + "]";
            String sleeping = "tasks[" + any(state, "TASK_SLEEPING").slot() + "]";
            Planted held = new Planted(variables, memory).with("sched_lock.next", SYMBOLS.value("sched_lock.serving", memory).number() + 1)
                    .with("sched_lock.owner", 0).with("sched_lock.holder", state.cpus().getFirst().current());

            assertThat(Invariants.violations(KernelState.read(variables, held.with(ready + ".state", 2).memory()).orElseThrow())).isEmpty();
            assertThat(Invariants.violations(KernelState.read(variables, held.with(sleeping + ".waiting_in", 0).memory()).orElseThrow())).isEmpty();
            held.with(ready + ".state", 2).with(sleeping + ".waiting_in", 0).shows("which waits in 0x0");
            held.with(ready + ".state", 99).shows("has no valid state");
        }
    }

    private static void assertHold(String commandLine, long phase, int cpus, long slice, int atLeast) {
        KernelVariables variables = new KernelVariables(SYMBOLS);
        int looks = 0;
        int locked = 0;
        try (Machine machine = boot("sprout.elf", commandLine, phase, cpus)) {
            MemoryView memory = machine.cpus().getFirst()::look;
            StopReason reason = new StopReason.PositionLimit();
            while (reason instanceof StopReason.PositionLimit && machine.clock().position() < LIMIT.position()) {
                reason = machine.run(new RunLimits(machine.clock().position() + slice));
                Optional<KernelState> state = KernelState.read(variables, memory);
                if (state.isPresent()) {
                    assertThat(Invariants.violations(state.get())).as("at position %d", machine.clock().position()).isEmpty();
                    looks++;
                    locked += state.get().schedLock().isHeld() ? 1 : 0;
                }
            }
            assertThat(reason).isEqualTo(new StopReason.GuestExit(0x10, true));
        }
        assertThat(looks).isGreaterThan(atLeast);
        assertThat(locked).isPositive();
    }
}
