package trapframe.tests.timeline;

import java.nio.file.Path;
import java.util.Optional;
import trapframe.boot.BootImage;
import trapframe.boot.BootParameters;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.timeline.PlantedFault;
import trapframe.timeline.Recorder;
import trapframe.timeline.Recording;
import trapframe.timeline.RecordingFile;
import trapframe.timeline.Replay;
import trapframe.timeline.RunDescription;

/** Recordings of Sprout on a small machine, and their replays. */
public final class RecordedSprout {
    private static final MachineSpec SPEC = MachineSpec.standard().withMemory(8 << 20);

    private RecordedSprout() { }

    /** What happens to a machine that is recorded, up to its end, and why it ended. */
    interface Session {
        StopReason run(Machine machine, Recorder recorder);
    }

    /** Records a boot to its end. */
    static void record(Path file, String commandLine) {
        record(file, commandLine, MachineSpec.DEFAULT_TIMER_PHASE);
    }

    /** Records a boot to its end, with its timer's ticks earlier by a number of positions. */
    public static void record(Path file, String commandLine, long timerPhase) {
        record(file, commandLine, SPEC.withTimerPhase(timerPhase), false, (machine, recorder) -> recorder.run(SproutMachine.LIMIT));
    }

    /** Records what happens, with somebody at the console. */
    static void recordLive(Path file, String commandLine, Session session) {
        record(file, commandLine, SPEC, true, session);
    }

    static void record(Path file, String commandLine, MachineSpec spec, boolean live, Session session) {
        RunDescription run = describe(commandLine, spec, live);
        try (Machine machine = run.opener(SproutMachine.IMAGE).open(value -> { });
                Recorder recorder = new Recorder(machine, new RecordingFile(file, run))) {
            recorder.end(session.run(machine, recorder), "ended", "as the test wanted");
        }
    }

    static RunDescription describe(String commandLine, MachineSpec spec, boolean live) {
        return RunDescription.of(spec, BootImage.open(SproutMachine.IMAGE), true, BootParameters.of(commandLine), new byte[0], live);
    }

    /** Replays a recording and compares all hashes. */
    public static Replay.Result verify(Path file) {
        return verify(RecordingFile.read(file), Optional.empty(), new StringBuilder());
    }

    static Replay.Result verify(Recording recording, Optional<PlantedFault> fault, StringBuilder console) {
        try (Replay replay = new Replay(recording, recording.run().opener(SproutMachine.IMAGE), value -> console.append((char) value), fault)) {
            return replay.run(true);
        }
    }

    static RunLimits live(long position) {
        return new RunLimits(position, true);
    }
}
