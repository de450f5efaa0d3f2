package trapframe.tests.timeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trapframe.cpu.CpuSnapshot;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.StopReason;
import trapframe.timeline.Input;
import trapframe.timeline.Moment;
import trapframe.timeline.Recording;
import trapframe.timeline.RecordingFile;
import trapframe.timeline.RegisterName;
import trapframe.timeline.Replay;
import trapframe.timeline.RunDescription;
import trapframe.timeline.RunLog;
import trapframe.timeline.Stop;
import trapframe.timeline.Timeline;
import trapframe.timeline.TimelineException;

/** Whatever way a run took, its recording is what it was in the end. */
class RecordedWalkTest {
    private static final long END = 2_000_000_000L;
    /** What the test of threads does not use. */
    private static final long UNUSED = 0x7f_f000;
    private static final int XMM15 = 330;
    private static final RunDescription RUN = RecordedSprout.describe(SproutMachine.KTHREAD, MachineSpec.standard().withMemory(8 << 20), false);

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void name() {
        file = folder.resolve("recording");
    }

    /** What somebody does with a run. */
    private interface Walk {
        void go(Timeline timeline, RunLog log);
    }

    /** Returns the state hash at the end. */
    private String record(Walk walk) {
        try (Machine machine = RUN.opener(SproutMachine.IMAGE).open(value -> { });
                RunLog log = new RunLog(machine, Optional.of(new RecordingFile(file, RUN)))) {
            Timeline timeline = new Timeline(machine, false, List.of(), Timeline.DEFAULT_BUDGET);
            timeline.keep(log);
            walk.go(timeline, log);
            return machine.stateHash();
        }
    }

    private static void finish(Timeline timeline, RunLog log) {
        assertThat(timeline.run(END)).isEqualTo(new Stop.End(new StopReason.GuestExit(0x10, true)));
        log.end(new StopReason.GuestExit(0x10, true), "ended", "as the test wanted");
    }

    private static Input write(int value) {
        return new Input.Memory(UNUSED, new byte[] {(byte) value});
    }

    private static List<Input> inputs(Recording recording) {
        return recording.events().stream().filter(Recording.Applied.class::isInstance).map(event -> ((Recording.Applied) event).input()).toList();
    }

    @Test
    void lookingBackLeavesNoTrace() {
        record((timeline, log) -> {
            timeline.run(50_000_000);
            timeline.stepBack();
            timeline.goTo(Moment.at(20_000_000));
            timeline.step();
            finish(timeline, log);
        });
        Recording walked = RecordingFile.read(file);
        RecordedSprout.record(folder.resolve("plain"), SproutMachine.KTHREAD);
        Recording plain = RecordingFile.read(folder.resolve("plain"));

        assertThat(walked.events()).isEqualTo(plain.events()).hasSizeGreaterThan(5);
        assertThat(walked.ended().map(Recording.Ended::hash)).isEqualTo(plain.ended().map(Recording.Ended::hash));
        assertThat(RecordedSprout.verify(file)).isInstanceOf(Replay.AsRecorded.class);
    }

    @Test
    void whatIsWrittenInThePastReplacesWhatWasKnownBehindIt() {
        String hash = record((timeline, log) -> {
            timeline.run(10_000_000);
            timeline.apply(write(1));
            timeline.run(20_000_000);
            timeline.apply(write(2));
            timeline.run(30_000_000);
            timeline.goTo(Moment.at(15_000_000));
            assertThat(RecordingFile.read(file).lastPosition()).isGreaterThan(20_000_000);
            timeline.apply(write(3));
            timeline.apply(new Input.Register(0, RegisterName.R15, timeline.machine().cpus().getFirst().state().register(15)));
            assertThat(RecordingFile.read(file).lastPosition()).isBetween(15_000_000L, 15_000_020L);
            finish(timeline, log);
        });
        Recording recording = RecordingFile.read(file);

        assertThat(inputs(recording)).hasSize(3);
        assertThat(((Input.Memory) inputs(recording).get(1)).bytes()).containsExactly(3);
        assertThat(RecordedSprout.verify(file)).isInstanceOfSatisfying(Replay.AsRecorded.class,
                same -> assertThat(same.ended().hash().whole()).isEqualTo(hash));
    }

    @Test
    void registersOfEveryKindComeAgain() {
        byte[] changed = new byte[16];
        Arrays.fill(changed, (byte) 0x5a);
        record((timeline, log) -> {
            timeline.run(15_000_000);
            CpuSnapshot before = timeline.machine().cpus().getFirst().snapshot();
            timeline.apply(new Input.VectorState(0, XMM15, changed));
            timeline.apply(new Input.Register(0, RegisterName.CR2, 0x1234));
            timeline.apply(new Input.Register(0, RegisterName.CR3, before.control()[2]));
            CpuSnapshot now = timeline.machine().cpus().getFirst().snapshot();
            assertThat(Arrays.copyOfRange(now.vector(), XMM15, XMM15 + 16)).isEqualTo(changed);
            assertThat(Arrays.copyOf(now.vector(), XMM15)).isEqualTo(Arrays.copyOf(before.vector(), XMM15));
            assertThat(now.control()).containsExactly(before.control()[0], 0x1234, before.control()[2], before.control()[3]);
            finish(timeline, log);
        });
        assertThat(inputs(RecordingFile.read(file))).hasSize(3);
        assertThat(RecordedSprout.verify(file)).isInstanceOf(Replay.AsRecorded.class);
    }

    /** A checkpoint at the position of an input is older than it. */
    @Test
    void whatCameAtTheStartOrAtAMarkIsThereWhenTimeGoesBackToIt() {
        record((timeline, log) -> {
            timeline.apply(write(7));
            timeline.run(2 * Machine.MARK);
            timeline.run(20_000_000);
            timeline.goTo(Moment.at(2 * Machine.MARK));
            Moment mark = timeline.now();
            timeline.apply(write(8));
            timeline.run(20_000_000);

            timeline.goTo(mark);
            assertThat(timeline.machine().ram().getByte(UNUSED)).isEqualTo((byte) 8);
            timeline.apply(write(9));
            timeline.goTo(Moment.at(0));
            assertThat(timeline.machine().ram().getByte(UNUSED)).isEqualTo((byte) 7);
            finish(timeline, log);
        });
        assertThat(inputs(RecordingFile.read(file))).extracting(input -> ((Input.Memory) input).bytes()[0]).containsExactly((byte) 7, (byte) 8, (byte) 9);
        assertThat(RecordedSprout.verify(file)).isInstanceOf(Replay.AsRecorded.class);
    }

    @Test
    void whatAKilledProcessLeavesIsTheRunUpToThere() {
        record((timeline, log) -> {
            timeline.run(35_000_000);
            timeline.goTo(Moment.at(15_000_000));
            timeline.apply(write(1));
            timeline.run(30_000_000);
            timeline.goTo(Moment.at(20_000_000));
        });

        assertThat(RecordingFile.read(file).ended()).isEmpty();
        assertThat(RecordingFile.read(file).lastPosition()).isBetween(30_000_000 - Machine.MARK, 30_000_000L);
        assertThat(RecordedSprout.verify(file)).isEqualTo(new Replay.BrokenOff());
    }

    @Test
    void aCopyOfARunEndsWhereTheMachineStands() {
        Path copy = folder.resolve("copy");
        record((timeline, log) -> {
            timeline.run(30_000_000);
            timeline.apply(write(1));
            timeline.run(60_000_000);
            timeline.apply(write(2));
            timeline.goTo(Moment.at(50_000_000));
            log.write(copy, RUN, "left", "as the test wanted");
            assertThatThrownBy(() -> log.write(copy, RUN, "left", "")).isInstanceOf(TimelineException.class).hasMessageEndingWith("copy: is there already");
            timeline.run(60_000_000);
            finish(timeline, log);
        });

        assertThat(inputs(RecordingFile.read(copy))).hasSize(1);
        assertThat(RecordedSprout.verify(copy)).isInstanceOf(Replay.AsRecorded.class);
        assertThat(inputs(RecordingFile.read(file))).hasSize(2);
        assertThat(RecordedSprout.verify(file)).isInstanceOf(Replay.AsRecorded.class);
    }
}
