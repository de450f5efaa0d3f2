package trapframe.tools;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import trapframe.timeline.PlantedFault;
import trapframe.timeline.Recording;
import trapframe.timeline.RecordingFile;
import trapframe.timeline.Replay;
import trapframe.timeline.RunDescription;
import trapframe.tools.console.ConsoleOutput;

/** {@code trapframe replay}: does a recorded run again. */
@Command(name = "replay", sortOptions = false, description = "Runs a recording (boot --record) again, with all that was typed.",
        footer = {"", "Exit codes: that of the recorded run, 5 if the replay is another run, 2 wrong use.",
                "", "Example: trapframe replay run.recording --verify"})
final class ReplayCommand implements Callable<Integer> {
    @Parameters(paramLabel = "RECORDING", description = "The file of boot --record.")
    private Path file;

    @Option(names = "--verify", description = "Compares the machine's state with every hash in the recording. If one differs, it finds the "
            + "first instruction behind which it does.")
    private boolean verify;

    @Option(names = "--plant-fault", paramLabel = "POSITION:ADDRESS:BIT", converter = PlantedFaultOption.class,
            description = "Turns a bit of RAM over at a position, to see --verify find it.")
    private PlantedFault fault;

    @Mixin
    private OutputOptions output;

    @Mixin
    private HelpOption help;

    @Override
    public Integer call() throws IOException {
        Recording recording = RecordingFile.read(file);
        if (fault != null && fault.address() >= recording.run().spec().memoryBytes()) {
            throw new UserError("--plant-fault: the machine has no RAM at " + PlantedFaultOption.hex(fault.address()));
        }
        RunDescription.Opener opener = recording.run().opener(Project.bundledKernel());
        ConsoleOutput console = output.openConsole();
        Runtime.getRuntime().addShutdownHook(new Thread(console::flush, "flush-console"));
        try (console; Replay replay = new Replay(recording, opener, value -> console.write((byte) value), Optional.ofNullable(fault))) {
            long started = System.nanoTime();
            Replay.Result result = replay.run(verify);
            long hostNanos = System.nanoTime() - started;
            console.flush();
            if (console.failure() != null) {
                return output.outputFailed(console.failure());
            }
            return switch (result) {
                case Replay.AsRecorded(Recording.Ended ended) -> asRecorded(replay, ended, hostNanos);
                case Replay.BrokenOff() -> brokenOff(replay, recording);
                case Replay.Diverged(var divergence) -> diverged(new DivergenceReport(divergence));
            };
        }
    }

    private int asRecorded(Replay replay, Recording.Ended ended, long hostNanos) {
        BootResult.Ending ending = BootResult.Ending.of(ended.ending())
                .orElseThrow(() -> new UserError(file + ": is damaged: no run ends with " + ended.ending()));
        BootResult result = BootResult.of(ending, ended.detail(), replay.machine(), hostNanos, output.wantsHash());
        if (output.json()) {
            Map<String, Object> document = result.document();
            document.put("replay", "as-recorded");
            document.put("hashesCompared", replay.checked());
            Json.print(document);
        } else {
            result.complaints().forEach(Say::line);
            Say.line(result.sentence() + ", as recorded" + compared(replay));
            if (output.statistics()) {
                result.statisticsLines().forEach(Say::line);
            }
        }
        return exitCode(result);
    }

    /** What ended the recorded process from outside did not happen to this one. */
    private static int exitCode(BootResult result) {
        return switch (result.ending()) {
            case OUTPUT_FAILED, STOPPED -> ExitCode.SUCCESS;
            default -> result.exitCode();
        };
    }

    private String compared(Replay replay) {
        return verify ? "; " + replay.checked() + (replay.checked() == 1 ? " state hash was" : " state hashes were") + " compared, and equal"
                : "";
    }

    private int brokenOff(Replay replay, Recording recording) {
        String sentence = "the recording breaks off at position " + recording.lastPosition() + ", before the run's end";
        if (output.json()) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("replay", "broken-off");
            document.put("exitCode", ExitCode.SUCCESS);
            document.put("message", sentence);
            document.put("position", recording.lastPosition());
            document.put("hashesCompared", replay.checked());
            Json.print(document);
        } else {
            Say.line(sentence + compared(replay));
        }
        return ExitCode.SUCCESS;
    }

    private int diverged(DivergenceReport report) {
        if (output.json()) {
            Json.print(report.document());
        } else {
            report.lines().forEach(Say::line);
        }
        return ExitCode.DIVERGED;
    }
}
