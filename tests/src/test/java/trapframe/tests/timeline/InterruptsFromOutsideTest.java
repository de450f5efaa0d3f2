package trapframe.tests.timeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.timeline.Input;
import trapframe.timeline.Moment;
import trapframe.timeline.Recording;
import trapframe.timeline.Replay;
import trapframe.timeline.Stop;
import trapframe.timeline.Timeline;

/** Interrupts, stalls and turns that come from outside: what the guest sees of them, and that they come again in a replay. */
class InterruptsFromOutsideTest {
    private static final int TICK_VECTOR = 0x20;
    private static final long TICK = 10_000_000;
    /** Threads compete for the processor, the timer ticks, and interrupts are on. */
    private static final long IN_THREADS = 200_000_000;

    @TempDir
    Path folder;

    @Test
    void anInjectedTickIsOneMoreOfTheTimersLineAndIsEndedAsOne() {
        try (Machine machine = SproutMachine.open(SproutMachine.KTHREAD, new StringBuilder())) {
            machine.run(new RunLimits(IN_THREADS));
            long before = ticks(machine);
            for (int i = 1; i <= 3; i++) {
                assertThat(machine.inject(0, TICK_VECTOR)).isEmpty();
                machine.run(new RunLimits(machine.clock().position() + 20_000));
                assertThat(ticks(machine)).as("handled, and its line not left in service").isEqualTo(before + i);
            }
            assertThat(machine.run(SproutMachine.LIMIT)).isEqualTo(new StopReason.GuestExit(0x10, true));
        }
    }

    @Test
    void whatNoControllerCanRequestIsRefusedInWords() {
        try (Machine machine = SproutMachine.open(SproutMachine.KTHREAD, new StringBuilder())) {
            machine.run(new RunLimits(IN_THREADS));
            String before = machine.stateHash();

            assertThat(machine.inject(0, 3)).hasValueSatisfying(reason -> assertThat(reason).contains("vector 3").contains("from 16 on"));
            assertThat(machine.stateHash()).isEqualTo(before);
        }
    }

    @Test
    void aStallLastsAsLongForEveryClockAndBringsTheTickThatIsDue() {
        try (Machine machine = SproutMachine.open(SproutMachine.KTHREAD, new StringBuilder())) {
            machine.run(new RunLimits(IN_THREADS));
            long position = machine.clock().position();
            long executed = position - machine.skippedPositions();
            long ticks = ticks(machine);
            long instruction = machine.cpus().getFirst().state().rip();

            machine.stall(machine.nextEvent() - position + 1_000);

            assertThat(machine.cpus().getFirst().state().rip()).as("nothing was executed").isEqualTo(instruction);
            assertThat(machine.clock().position() - machine.skippedPositions()).isEqualTo(executed);
            machine.run(new RunLimits(machine.clock().position() + 20_000));
            assertThat(ticks(machine)).isEqualTo(ticks + 1);
            assertThat(machine.nextEvent() - machine.clock().position()).as("the next tick is a whole period behind").isGreaterThan(TICK / 2);
        }
    }

    @Test
    void theyAreRecordedAndComeAgain() {
        Path file = folder.resolve("recording");
        RecordedSprout.record(file, SproutMachine.KTHREAD, MachineSpec.standard().withMemory(8 << 20).withCpus(2), false,
                (machine, recorder) -> {
                    recorder.run(new RunLimits(IN_THREADS));
                    recorder.apply(new Input.Stall(12_345_678));
                    recorder.run(new RunLimits(IN_THREADS + 13_000_001));
                    recorder.apply(new Input.Turn(1 - machine.turn().cpu(), 0));
                    recorder.run(new RunLimits(IN_THREADS + 13_200_001));
                    recorder.apply(new Input.Turn(1 - machine.turn().cpu(), 77_777));
                    recorder.run(new RunLimits(IN_THREADS + 13_500_001));
                    recorder.apply(new Input.Injection(0, TICK_VECTOR));
                    return recorder.run(SproutMachine.LIMIT);
                });

        assertThat(RecordedSprout.verify(file)).isInstanceOf(Replay.AsRecorded.class);
    }

    @Test
    void aTimelineStepsBackOverAStall() {
        try (Machine machine = SproutMachine.open(SproutMachine.KTHREAD, new StringBuilder())) {
            Timeline timeline = new Timeline(machine, false, List.of(), Timeline.DEFAULT_BUDGET);
            timeline.run(IN_THREADS);
            Moment before = timeline.now();
            timeline.apply(new Input.Stall(5_000_000));
            Moment behind = timeline.now();
            timeline.step();

            timeline.stepBack();
            assertThat(timeline.now()).isEqualTo(behind);
            timeline.stepBack();
            assertThat(timeline.now().position()).isLessThan(before.position());
            assertThat(timeline.goTo(behind)).isEqualTo(new Stop.Position());
            assertThat(timeline.now()).isEqualTo(behind);
            assertThat(timeline.inputs()).containsExactly(new Recording.Applied(before, new Input.Stall(5_000_000)));
        }
    }

    @Test
    void theTurnGoesToAnotherProcessorAndNotToOneThatWaits() {
        String spinning = """
                  mov edi, 0xfee00300
                  mov dword ptr [edi + 0x10], 0x1000000
                  mov dword ptr [edi], 0x4500
                  mov dword ptr [edi], 0x4608
                spin:
                  inc eax
                  jmp spin
                """;
        try (Machine machine = GuestCode.open(spinning, 2)) {
            machine.giveTurn(1, 0);
            assertThat(machine.turn().cpu()).as("it was not started yet").isZero();
            machine.ram().write(0x8000, new byte[] {(byte) 0xeb, (byte) 0xfe});
            machine.run(new RunLimits(10_000));
            int other = 1 - machine.turn().cpu();

            machine.giveTurn(other, 0);
            machine.run(new RunLimits(machine.clock().position() + 1));
            assertThat(machine.turn().cpu()).isEqualTo(other);

            long given = machine.clock().position();
            machine.giveTurn(1 - other, 1_000_000);
            machine.run(new RunLimits(given + 999_999));
            assertThat(machine.turn().cpu()).isEqualTo(1 - other);
            machine.run(new RunLimits(given + 1_000_500));
            assertThat(machine.turn().cpu()).isEqualTo(other);
        }
    }

    private static long ticks(Machine machine) {
        Map<String, Long> interrupts = machine.statistics().interrupts();
        return interrupts.get("irq00");
    }
}
