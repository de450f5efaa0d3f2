package trapframe.tests.timeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trapframe.device.drive.DriveSpec;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.timeline.Divergence;
import trapframe.timeline.FirstDifference;
import trapframe.timeline.Input;
import trapframe.timeline.Moment;
import trapframe.timeline.PlantedFault;
import trapframe.timeline.Recorder;
import trapframe.timeline.Recording;
import trapframe.timeline.RecordingFile;
import trapframe.timeline.RegisterName;
import trapframe.timeline.Replay;
import trapframe.timeline.StateDifference;
import trapframe.timeline.TimelineException;

class ReplayTest {
    private static final int BOOTS = 5;
    /** Sprout is at its shell, which waits for input. */
    private static final long AT_SHELL = 400_000_000;

    @TempDir
    Path folder;

    @Test
    void aBootIsTheSameAgainAndAgain() {
        Path file = folder.resolve("boot");
        RecordedSprout.record(file, SproutMachine.KTHREAD);
        Recording recording = RecordingFile.read(file);

        assertThat(recording.events()).hasSizeGreaterThan(5);
        for (int i = 0; i < BOOTS; i++) {
            assertThat(RecordedSprout.verify(recording, Optional.empty(), new StringBuilder())).isInstanceOf(Replay.AsRecorded.class);
        }
    }

    @Test
    void whatWasTypedComesAgainWhereItCame() {
        Path file = folder.resolve("typed");
        StringBuilder shown = new StringBuilder();
        RecordedSprout.recordLive(file, "", ReplayTest::typeToShell);

        Recording recording = RecordingFile.read(file);
        assertThat(recording.events()).filteredOn(Recording.Applied.class::isInstance).hasSize(4);
        assertThat(RecordedSprout.verify(recording, Optional.empty(), shown)).isInstanceOf(Replay.AsRecorded.class);
        assertThat(shown).contains("=first=\r\n").contains("=second=\r\n");
    }

    private static StopReason typeToShell(Machine machine, Recorder recorder) {
        recorder.run(RecordedSprout.live(AT_SHELL));
        recorder.apply(new Input.Console("echo =first=\n".getBytes(StandardCharsets.US_ASCII)));
        recorder.run(RecordedSprout.live(AT_SHELL + 12_345_678));
        recorder.apply(new Input.PowerButton());
        recorder.apply(new Input.Console("echo =second=\n".getBytes(StandardCharsets.US_ASCII)));
        recorder.run(RecordedSprout.live(AT_SHELL + 100_000_000));
        recorder.apply(new Input.HangUp());
        return recorder.run(RecordedSprout.live(2 * AT_SHELL));
    }

    @Test
    void whatADebuggerWroteIsWrittenAgain() {
        Path file = folder.resolve("debugged");
        RecordedSprout.recordLive(file, "", (machine, recorder) -> {
            recorder.run(RecordedSprout.live(6_000_001));
            recorder.apply(new Input.Memory(0x70_0000, new byte[] {1, 2, 3}));
            recorder.run(RecordedSprout.live(7_000_001));
            recorder.apply(new Input.Register(0, RegisterName.R15, 0x1234));
            recorder.apply(new Input.Register(0, RegisterName.RFLAGS, machine.cpus().getFirst().rflags() ^ 1));
            return recorder.run(RecordedSprout.live(AT_SHELL));
        });

        assertThat(RecordedSprout.verify(file)).isInstanceOf(Replay.AsRecorded.class);
    }

    @Test
    void aRunOfSeveralProcessorsThatWasStoppedIsTheSameAgain() {
        Path file = folder.resolve("stopped");
        RecordedSprout.record(file, "", MachineSpec.standard().withMemory(8 << 20).withCpus(3), false, (machine, recorder) -> {
            recorder.run(new RunLimits(20_000_003));
            machine.requestStop();
            return recorder.run(SproutMachine.LIMIT);
        });

        assertThat(RecordingFile.read(file).ended()).map(Recording.Ended::reason).contains(new StopReason.Interrupted());
        assertThat(RecordedSprout.verify(file)).isInstanceOf(Replay.AsRecorded.class);
    }

    @Test
    void aBitThatTurnsOverIsFoundAndNamed() {
        Path file = folder.resolve("faulty");
        RecordedSprout.record(file, SproutMachine.KTHREAD);
        PlantedFault fault = new PlantedFault(17_654_321, 0x7a_b123, 6);

        FirstDifference first = firstDifference(RecordedSprout.verify(RecordingFile.read(file), Optional.of(fault), new StringBuilder()));

        assertThat(first.position()).isBetween(fault.position() - 15, fault.position() - 1);
        assertThat(first.cpu()).isZero();
        assertThat(first.instruction()).isNotBlank();
        assertThat(first.differences()).containsExactly(new StateDifference("RAM at 0x7ab123", "0x40", "0x00"));
    }

    /** The fault hits what the guest uses: it goes on in another way, and the place where that began is named all the same. */
    @Test
    void aBitThatChangesTheRunIsFoundWhereItTurned() {
        Path file = folder.resolve("faulty");
        RecordedSprout.record(file, SproutMachine.KTHREAD);
        Recording recording = RecordingFile.read(file);
        long stack = physicalStackAt(recording, 17_654_321);
        PlantedFault fault = new PlantedFault(17_654_321, stack, 0);

        FirstDifference first = firstDifference(RecordedSprout.verify(recording, Optional.of(fault), new StringBuilder()));

        assertThat(first.position()).isBetween(fault.position() - 15, fault.position() - 1);
        assertThat(first.differences()).hasSize(1).first().extracting(StateDifference::place).isEqualTo("RAM at 0x" + Long.toHexString(stack));
    }

    /** Where the stack's top lies in RAM: the place whose eight bytes are those that the processor sees there, by a write that it sees. */
    private static long physicalStackAt(Recording recording, long position) {
        try (Machine machine = recording.run().opener(SproutMachine.IMAGE).open(value -> { })) {
            machine.run(new RunLimits(position));
            long linear = machine.cpus().getFirst().state().register(4);
            byte before = machine.cpus().getFirst().look(linear, 1)[0];
            for (long at = linear & 0xfff; at < recording.run().spec().memoryBytes(); at += 0x1000) {
                if (machine.ram().isRam(at, 1) && machine.ram().getByte(at) == (before & 0xff)) {
                    machine.ram().putByte(at, before ^ 1);
                    boolean seen = machine.cpus().getFirst().look(linear, 1)[0] != before;
                    machine.ram().putByte(at, before);
                    if (seen) {
                        return at;
                    }
                }
            }
        }
        throw new AssertionError("no stack");
    }

    private static FirstDifference firstDifference(Replay.Result result) {
        assertThat(result).isInstanceOf(Replay.Diverged.class);
        Divergence.Cause cause = ((Replay.Diverged) result).divergence().cause();
        assertThat(cause).isInstanceOf(Divergence.Found.class);
        return ((Divergence.Found) cause).first();
    }

    @Test
    void aRecordingOfAnotherRunIsNoticedThoughNothingCanBeSearched() {
        Path file = folder.resolve("typed");
        RecordedSprout.recordLive(file, "", ReplayTest::typeToShell);
        Recording recording = RecordingFile.read(file);
        List<Recording.Event> changed = new ArrayList<>(recording.events());
        changed.replaceAll(event -> event instanceof Recording.Applied(Moment moment, Input.Console _)
                ? new Recording.Applied(moment, new Input.Console("echo =other=\n".getBytes(StandardCharsets.US_ASCII))) : event);

        Replay.Result result = RecordedSprout.verify(new Recording(recording.run(), changed, recording.ended()), Optional.empty(),
                new StringBuilder());

        assertThat(result).isInstanceOfSatisfying(Replay.Diverged.class, diverged -> {
            assertThat(diverged.divergence().cause()).isInstanceOf(Divergence.OnlyHashes.class);
            assertThat(diverged.divergence().parts()).contains("RAM");
            assertThat(diverged.divergence().from()).isLessThanOrEqualTo(AT_SHELL);
            assertThat(diverged.divergence().position()).isGreaterThan(AT_SHELL);
        });
    }

    @Test
    void everyRegisterThatDiffersIsNamed() {
        try (Machine one = SproutMachine.open("", new StringBuilder()); Machine other = SproutMachine.open("", new StringBuilder())) {
            one.run(new RunLimits(6_000_000));
            other.run(new RunLimits(6_000_000));
            assertThat(StateDifference.between(one, other)).isEmpty();

            one.cpus().getFirst().state().setRegister(3, 0x77);
            other.cpus().getFirst().state().setRegister(3, 0x99);
            other.type(new byte[] {'x'});

            assertThat(StateDifference.between(one, other)).contains(new StateDifference("RBX", "0x77", "0x99"),
                    new StateDifference("SerialInputQueue.waiting", "", "x"));
        }
    }

    @Test
    void theFileOfADriveHasToBeWhatItWas() throws IOException {
        Path disk = Files.write(folder.resolve("disk"), new byte[4096]);
        Path file = folder.resolve("with-disk");
        MachineSpec spec = MachineSpec.standard().withMemory(8 << 20)
                .withDrives(new DriveSpec(disk, DriveSpec.Access.SNAPSHOT, DriveSpec.Bus.PCI));
        RecordedSprout.record(file, "", spec, false, (machine, recorder) -> recorder.run(SproutMachine.LIMIT));
        assertThat(RecordedSprout.verify(file)).isInstanceOf(Replay.AsRecorded.class);

        byte[] changed = new byte[4096];
        changed[4000] = 1;
        Files.write(disk, changed);

        assertThatThrownBy(() -> RecordedSprout.verify(file)).isInstanceOf(TimelineException.class)
                .hasMessage(disk + ": has changed since the recording");
    }

    @Test
    void aDriveThatTheGuestMayChangeIsRefused() throws IOException {
        Path disk = Files.write(folder.resolve("disk"), new byte[4096]);
        MachineSpec spec = MachineSpec.standard().withDrives(new DriveSpec(disk, DriveSpec.Access.WRITE, DriveSpec.Bus.PCI));

        assertThatThrownBy(() -> RecordedSprout.describe("", spec, false)).isInstanceOf(TimelineException.class)
                .hasMessageStartingWith(disk + ": ").hasMessageContaining("snapshot=on");
    }
}
