package trapframe.tests.timeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import trapframe.cpu.Observation;
import trapframe.cpu.Watch;
import trapframe.machine.Machine;
import trapframe.machine.StopReason;
import trapframe.timeline.Input;
import trapframe.timeline.Moment;
import trapframe.timeline.Stop;
import trapframe.timeline.Timeline;

class TimelineTest {
    private static final long END = 2_000_000_000L;
    /** In the middle of the test of threads, which switch by the timer. */
    private static final long MIDDLE = 20_000_000;
    private static final int STEPS = 300;

    private static Machine open(int cpus, String commandLine) {
        return SproutMachine.open(SproutMachine.SMALL.withCpus(cpus), commandLine);
    }

    private static Machine open() {
        return open(1, SproutMachine.KTHREAD);
    }

    private static Timeline timeline(Machine machine) {
        return new Timeline(machine, false, List.of(), Timeline.DEFAULT_BUDGET);
    }

    private static String undisturbed(int cpus) {
        try (Machine machine = open(cpus, SproutMachine.KTHREAD)) {
            machine.run(SproutMachine.LIMIT);
            return machine.stateHash();
        }
    }

    private static Observation code(long... addresses) {
        return new Observation(addresses, List.of(), false);
    }

    private static Observation data(Watch... watches) {
        return new Observation(new long[0], List.of(watches), false);
    }

    private static long rip(Timeline timeline) {
        return timeline.machine().cpuOnTurn().state().linearRip();
    }

    private static long stack(Timeline timeline) {
        var cpu = timeline.machine().cpuOnTurn();
        return cpu.physical(cpu.state().register(4)).orElseThrow();
    }

    @Test
    void stepsBackAreTheStepsForwardsInReverse() {
        stepsBack(1, MIDDLE);
    }

    @Test
    void stepsBackAreTheStepsForwardsInReverseOnSeveralProcessors() {
        stepsBack(3, MIDDLE);
    }

    private static void stepsBack(int cpus, long from) {
        try (Machine machine = open(cpus, SproutMachine.KTHREAD)) {
            Timeline timeline = timeline(machine);
            timeline.goTo(Moment.at(from));
            List<Moment> moments = new ArrayList<>();
            List<String> hashes = new ArrayList<>();
            for (int i = 0; i < STEPS; i++) {
                moments.add(timeline.now());
                hashes.add(machine.stateHash());
                timeline.step();
            }
            for (int i = STEPS - 1; i >= 0; i--) {
                assertThat(timeline.stepBack()).isInstanceOf(Stop.Step.class);
                assertThat(timeline.now()).as("step " + i).isEqualTo(moments.get(i));
                assertThat(machine.stateHash()).isEqualTo(hashes.get(i));
            }
            assertThat(timeline.run(END)).isInstanceOf(Stop.End.class);
            assertThat(machine.stateHash()).isEqualTo(undisturbed(cpus));
        }
    }

    @Test
    void nothingGoesOnWhenItIsInterruptedAndWhatWentBackIsWhereItWas() {
        try (Machine machine = open()) {
            Timeline timeline = timeline(machine);
            timeline.goTo(Moment.at(MIDDLE));
            timeline.observe(code(1));
            Moment here = timeline.now();
            String hash = machine.stateHash();
            timeline.interrupt();

            for (Supplier<Stop> each : List.<Supplier<Stop>>of(timeline::stepBack, timeline::runBack, timeline::step, () -> timeline.run(END),
                    () -> timeline.goTo(Moment.at(END)))) {
                assertThat(each.get()).isEqualTo(new Stop.Interrupted());
                assertThat(timeline.now()).isEqualTo(here);
                assertThat(machine.stateHash()).isEqualTo(hash);
            }
            assertThat(timeline.goTo(Moment.at(1000))).isEqualTo(new Stop.Interrupted());
            timeline.forgetInterrupt();
            timeline.observe(code());
            assertThat(timeline.run(END)).isInstanceOf(Stop.End.class);
            assertThat(machine.stateHash()).isEqualTo(undisturbed(1));
        }
    }

    /** The step back from the handler of what woke an idle kernel is a long one. */
    @Test
    void aStepBackOverAWaitEndsWhereItBegan() {
        try (Machine machine = open()) {
            Timeline timeline = timeline(machine);
            timeline.goTo(Moment.at(185_000_000));
            timeline.step();
            Moment woken = timeline.now();
            long began = machine.waitingSince();
            String hash = machine.stateHash();
            assertThat(woken.deliveries()).isEqualTo(1);

            timeline.stepBack();
            assertThat(timeline.now().position()).isEqualTo(began).isLessThan(woken.position() - Machine.MARK);
            timeline.stepBack();
            timeline.step();
            timeline.step();
            assertThat(timeline.now()).isEqualTo(woken);
            assertThat(machine.stateHash()).isEqualTo(hash);
        }
    }

    @Test
    void aStepOfOneProcessorPassesTheOthersBy() {
        try (Machine machine = open(3, SproutMachine.KTHREAD)) {
            Timeline timeline = timeline(machine);
            timeline.goTo(Moment.at(MIDDLE));
            int cpu = machine.cpuOnTurn().number();
            List<Moment> moments = new ArrayList<>();
            for (int i = 0; i < STEPS; i++) {
                Moment before = timeline.now();
                assertThat(timeline.step(OptionalInt.of(cpu))).isEqualTo(new Stop.Step(cpu));
                moments.add(timeline.now());
                assertThat(before).isLessThan(timeline.now());
            }
            Moment end = timeline.now();
            for (int i = 0; i < 20; i++) {
                timeline.stepBack(OptionalInt.of(cpu));
            }
            for (int i = 0; i < 20; i++) {
                timeline.step(OptionalInt.of(cpu));
            }
            assertThat(timeline.now()).isEqualTo(end);
        }
    }

    @Test
    void backToABreakpointIsTheLastOfItsHits() {
        try (Machine machine = open()) {
            Timeline timeline = timeline(machine);
            timeline.goTo(Moment.at(MIDDLE));
            long address = rip(timeline);
            timeline.observe(code(address));
            List<Moment> hits = new ArrayList<>(List.of(timeline.now()));
            for (int i = 0; i < 10; i++) {
                assertThat(timeline.run(END)).isEqualTo(new Stop.Breakpoint(0, address));
                hits.add(timeline.now());
            }
            for (int i = 9; i >= 0; i--) {
                assertThat(timeline.runBack()).isEqualTo(new Stop.Breakpoint(0, address));
                assertThat(timeline.now()).isEqualTo(hits.get(i));
                assertThat(rip(timeline)).isEqualTo(address);
            }
            timeline.observe(Observation.NONE);
            assertThat(timeline.runBack()).isEqualTo(new Stop.Start());
            assertThat(timeline.run(END)).isInstanceOf(Stop.End.class);
            assertThat(machine.stateHash()).isEqualTo(undisturbed(1));
        }
    }

    @Test
    void backNoFurtherThanToAMomentFindsWhatIsBehindIt() {
        try (Machine machine = open()) {
            Timeline timeline = timeline(machine);
            timeline.goTo(Moment.at(MIDDLE));
            long address = rip(timeline);
            timeline.observe(code(address));
            List<Moment> hits = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                timeline.run(END);
                hits.add(timeline.now());
            }
            assertThat(timeline.runBack(hits.get(3))).as("the moment itself counts").isEqualTo(new Stop.Breakpoint(0, address));
            assertThat(timeline.now()).isEqualTo(hits.get(3));
            timeline.goTo(hits.get(4));
            Moment bound = Moment.at(hits.get(3).position() + 1);
            assertThat(timeline.runBack(bound)).isEqualTo(new Stop.Position());
            assertThat(timeline.now()).isBetween(bound, hits.get(4));
            timeline.observe(Observation.NONE);
            timeline.run(END);
            assertThat(machine.stateHash()).isEqualTo(undisturbed(1));
        }
    }

    @Test
    void aConditionLetsHitsPassThatItDoesNotHoldAt() {
        try (Machine machine = open()) {
            Timeline timeline = timeline(machine);
            timeline.goTo(Moment.at(MIDDLE));
            long address = rip(timeline);
            timeline.observe(code(address));
            List<Moment> hits = new ArrayList<>();
            List<Long> values = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                timeline.run(END);
                hits.add(timeline.now());
                values.add(machine.cpus().getFirst().state().register(0));
            }
            int chosen = 7;
            timeline.observe(code(address), looked -> looked.cpus().getFirst().state().register(0) == values.get(chosen));
            timeline.runBack();
            assertThat(timeline.now()).isEqualTo(hits.get(values.subList(0, 19).lastIndexOf(values.get(chosen))));
            timeline.goTo(Moment.at(MIDDLE));
            timeline.run(END);
            assertThat(timeline.now()).isEqualTo(hits.get(values.indexOf(values.get(chosen))));
        }
    }

    @Test
    void backToAFarHitIsExactToo() {
        try (Machine machine = open()) {
            Timeline timeline = timeline(machine);
            timeline.goTo(Moment.at(3_000_000));
            long address = rip(timeline);
            Moment first = timeline.now();
            timeline.goTo(Moment.at(200_000_000));
            timeline.observe(code(address));
            Stop stop = timeline.runBack();
            Moment last = timeline.now();

            assertThat(stop).isEqualTo(new Stop.Breakpoint(0, address));
            assertThat(last).isGreaterThanOrEqualTo(first);
            assertThat(timeline.run(200_000_000)).as("no hit behind it").isEqualTo(new Stop.Position());
        }
    }

    @Test
    void backToAWriteIsBeforeTheInstructionThatMakesIt() {
        try (Machine machine = open()) {
            Timeline timeline = timeline(machine);
            timeline.goTo(Moment.at(MIDDLE));
            long address = stack(timeline);
            timeline.observe(data(new Watch(address, 8, Watch.Kind.WRITE)));
            timeline.goTo(Moment.at(MIDDLE + 500_000));
            long value = machine.ram().getLong(address);
            for (int i = 0; i < 10; i++) {
                assertThat(timeline.runBack()).isInstanceOfSatisfying(Stop.Watchpoint.class, stop -> assertThat(stop.write()).isTrue());
                Moment before = timeline.now();
                long old = machine.ram().getLong(address);
                assertThat(timeline.step()).isInstanceOf(Stop.Watchpoint.class);
                assertThat(machine.ram().getLong(address)).isEqualTo(value);
                assertThat(timeline.stepBack()).isInstanceOf(Stop.Step.class);
                assertThat(timeline.now()).isEqualTo(before);
                value = old;
            }
            timeline.observe(Observation.NONE);
            timeline.run(END);
            assertThat(machine.stateHash()).isEqualTo(undisturbed(1));
        }
    }

    @Test
    void aWalkAllOverTheRunLeavesNoTrace() {
        Random random = new Random(11);
        try (Machine machine = open()) {
            Timeline timeline = timeline(machine);
            timeline.goTo(Moment.at(60_000_000));
            for (int i = 0; i < 40; i++) {
                switch (random.nextInt(6)) {
                    case 0 -> timeline.goTo(Moment.at(random.nextLong(60_000_000)));
                    case 1 -> timeline.step();
                    case 2 -> timeline.stepBack();
                    case 3 -> {
                        timeline.observe(code(rip(timeline)));
                        timeline.runBack();
                    }
                    case 4 -> {
                        timeline.observe(data(new Watch(stack(timeline), 8, Watch.Kind.ACCESS)));
                        timeline.run(timeline.now().position() + 10_000_000);
                    }
                    default -> {
                        timeline.observe(code(rip(timeline)));
                        timeline.run(timeline.now().position() + 10_000_000);
                    }
                }
            }
            timeline.observe(Observation.NONE);
            timeline.run(END);
            assertThat(machine.stateHash()).isEqualTo(undisturbed(1));
        }
    }

    @Test
    void whatADebuggerWroteStaysWhereItWasWritten() {
        try (Machine machine = open()) {
            Timeline timeline = timeline(machine);
            timeline.goTo(Moment.at(MIDDLE));
            timeline.step();
            Moment here = timeline.now();
            long address = 0x70_0000;
            timeline.apply(new Input.Memory(address, "changed".getBytes(StandardCharsets.US_ASCII)));
            timeline.goTo(Moment.at(2 * MIDDLE));
            String hash = machine.stateHash();

            timeline.goTo(Moment.at(MIDDLE / 2));
            assertThat(machine.ram().getByte(address)).isZero();
            timeline.goTo(here);
            timeline.step();
            assertThat(machine.ram().getByte(address)).isEqualTo('c');
            timeline.goTo(Moment.at(2 * MIDDLE));
            assertThat(machine.stateHash()).isEqualTo(hash);

            timeline.goTo(Moment.at(MIDDLE / 2));
            timeline.apply(new Input.Memory(address, new byte[] {1}));
            assertThat(timeline.inputs()).hasSize(1);
            timeline.goTo(Moment.at(2 * MIDDLE));
            assertThat(machine.ram().getByte(address)).isEqualTo(1);
            assertThatThrownBy(() -> timeline.apply(new Input.Memory(-1, new byte[1]))).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void littleMemoryMakesItSlowerAndNotWrong() {
        try (Machine machine = open()) {
            Timeline timeline = new Timeline(machine, false, List.of(), 2 << 20);
            Random random = new Random(12);
            timeline.goTo(Moment.at(200_000_000));
            for (int i = 0; i < 20; i++) {
                timeline.goTo(Moment.at(random.nextLong(200_000_000)));
                timeline.step();
                Moment before = timeline.now();
                timeline.step();
                timeline.stepBack();
                assertThat(timeline.now()).isEqualTo(before);
            }
            assertThat(timeline.checkpoints()).isLessThan(40);
            timeline.run(END);
            assertThat(machine.stateHash()).isEqualTo(undisturbed(1));
        }
    }

    @Test
    void aRunThatIsOverSaysHow() {
        try (Machine machine = open()) {
            Timeline timeline = timeline(machine);
            assertThat(timeline.run(END)).isEqualTo(new Stop.End(new StopReason.GuestExit(0x10, true)));
            Moment end = timeline.now();
            timeline.stepBack();
            timeline.stepBack();
            timeline.step();
            timeline.step();
            assertThat(timeline.now()).isEqualTo(end);
        }
    }

    /** A kernel that goes on behind its exit, as if nobody had listened. */
    @Test
    void anEndThatTheRunWentOnBehindIsPassedOnTheWayBack() {
        try (Machine machine = open()) {
            Timeline timeline = timeline(machine);
            timeline.run(END);
            long exit = timeline.now().position();
            timeline.step();
            timeline.step();
            Moment behind = timeline.now();
            timeline.stepBack();
            timeline.goTo(Moment.at(exit - 1_000));
            timeline.goTo(behind);
            assertThat(timeline.now()).isEqualTo(behind);
        }
    }

    @Test
    void aRequestToStopEndsTheWayBackWhereItBegan() {
        try (Machine machine = open()) {
            Timeline timeline = timeline(machine);
            timeline.goTo(Moment.at(MIDDLE));
            Moment origin = timeline.now();
            timeline.observe(code(1));
            machine.requestStop();
            assertThat(timeline.runBack()).isEqualTo(new Stop.Interrupted());
            assertThat(timeline.now()).isEqualTo(origin);
            assertThat(timeline.runBack()).isEqualTo(new Stop.Start());
        }
    }
}
