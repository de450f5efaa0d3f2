package trapframe.tools;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import trapframe.cpu.Cpu;
import trapframe.diagnose.locks.Lockdep;
import trapframe.diagnose.trace.RunTrace;
import trapframe.machine.Machine;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.SymbolsException;
import trapframe.symbols.tasks.Task;
import trapframe.symbols.tasks.TaskReader;
import trapframe.timeline.Moment;
import trapframe.timeline.Recording;
import trapframe.timeline.RecordingFile;
import trapframe.timeline.RunDescription;
import trapframe.timeline.Timeline;

/** {@code trapframe trace}: what happened in a recorded run, over time. */
@Command(name = "trace", sortOptions = false,
        description = "Does a recorded run again and writes down what happens in it, for the viewer of https://ui.perfetto.dev (open the file there; "
                + "nothing leaves this computer): tasks, system calls, interrupts, exceptions and HLT by CPU, tasks, locks, accesses to devices. The "
                + "run is the recorded one.",
        footer = {"", "Exit codes: 0; with --lockdep 1 if something is predicted; 2 wrong use.",
                "", "Example: trapframe trace run.recording --from 100ms --to 120ms -o trace.json"})
final class TraceCommand implements Callable<Integer> {
    private static final long CHECKPOINTS = 64 << 20;
    private static final int BUFFER = 1 << 16;

    @Parameters(paramLabel = "RECORDING", description = "The file of boot --record.")
    private Path file;

    @Option(names = {"-o", "--output"}, paramLabel = "FILE", description = "Where to write it (default: RECORDING.json).")
    private Path output;

    @Option(names = "--from", paramLabel = "WHEN", converter = Quantity.LimitConverter.class,
            description = "Where to begin: a virtual time like 100ms, or a position like 5M (default: the first instruction).")
    private Quantity.Limit from;

    @Option(names = "--to", paramLabel = "WHEN", converter = Quantity.LimitConverter.class, description = "Where to end (default: the end).")
    private Quantity.Limit to;

    @Option(names = "--only", paramLabel = "PART", split = ",", description = "What to show besides the CPUs: tasks, locks, devices (default: all). "
            + "Without locks it is faster.")
    private Set<RunTrace.Part> only = EnumSet.allOf(RunTrace.Part.class);

    @Option(names = "--lockdep", description = "Writes no file, but says what the run tells of hangs that it did not have: locks that interrupts "
            + "may wait for for ever, locks taken in different orders, sleep or HLT with a spinlock, interrupts off for long.")
    private boolean lockdep;

    @Option(names = "--interrupts-off", paramLabel = "TIME", converter = Quantity.VirtualNanos.class,
            description = "For --lockdep: how long interrupts may be off, in virtual time (default: 10ms).")
    private Long interruptsOff;

    @Mixin
    private SymbolOptions symbolOptions;

    @Option(names = "--json", description = "Prints the result as one JSON document.")
    private boolean json;

    @Mixin
    private HelpOption help;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (lockdep && output != null || !lockdep && interruptsOff != null) {
            throw new ParameterException(spec.commandLine(), lockdep ? "--lockdep writes no file: --output goes without it"
                    : "--interrupts-off needs --lockdep");
        }
        Recording recording = RecordingFile.read(file);
        RunDescription.Opener opener = recording.run().opener(Project.bundledKernel());
        Optional<KernelSymbols> symbols = symbolOptions.symbols(opener.image());
        Optional<TaskReader> tasks = symbols.flatMap(symbolOptions::tasks);
        try (Machine machine = opener.open(_ -> { })) {
            long begin = position(machine, from, 0);
            long end = Math.min(position(machine, to, Long.MAX_VALUE), recording.lastPosition());
            if (begin >= end) {
                throw new UserError("nothing is between position " + begin + " and " + end
                        + (end == recording.lastPosition() ? ", where the recording ends" : ""));
            }
            List<Recording.Applied> inputs = recording.events().stream().filter(Recording.Applied.class::isInstance)
                    .map(Recording.Applied.class::cast).toList();
            Timeline timeline = new Timeline(machine, recording.run().live(), inputs, CHECKPOINTS);
            timeline.goTo(Moment.at(begin));
            return lockdep ? predict(timeline, end, symbols) : write(timeline, begin, end, symbols, tasks);
        }
    }

    private static long position(Machine machine, Quantity.Limit when, long otherwise) {
        return switch (when) {
            case null -> otherwise;
            case Quantity.Limit.CodeBytes(long count) -> count;
            case Quantity.Limit.VirtualTime(long nanos) -> machine.clock().positionAtNanos(nanos);
        };
    }

    private int predict(Timeline timeline, long end, Optional<KernelSymbols> symbols) {
        Lockdep looking = new Lockdep(timeline.machine(), symbols, interruptsOff == null ? Lockdep.DEFAULT_NANOS_OFF : interruptsOff);
        timeline.goTo(Moment.at(end));
        LockdepResult result = new LockdepResult(looking.end(), symbols);
        if (json) {
            Json.print(result.document());
        } else {
            result.lines().forEach(System.out::println);
            Say.line(result.sentence());
        }
        return result.exitCode();
    }

    private int write(Timeline timeline, long begin, long end, Optional<KernelSymbols> symbols, Optional<TaskReader> tasks) {
        Path target = output != null ? output : Path.of(file + ".json");
        Machine machine = timeline.machine();
        Function<Cpu, Optional<String>> taskOn = cpu -> tasks.flatMap(reader -> taskOn(cpu, reader, machine.cpus().size()));
        long events;
        try (BufferedWriter out = new BufferedWriter(Files.newBufferedWriter(target, StandardCharsets.US_ASCII), BUFFER);
                RunTrace trace = new RunTrace(machine, out, only, symbols, taskOn)) {
            timeline.goTo(Moment.at(end));
            events = trace.events();
        } catch (UncheckedIOException e) {
            throw cannotWrite(target, e.getCause());
        } catch (IOException e) {
            throw cannotWrite(target, e);
        }
        long reached = machine.clock().position();
        if (json) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("exitCode", ExitCode.SUCCESS);
            document.put("file", target.toString());
            document.put("from", begin);
            document.put("to", reached);
            document.put("events", events);
            Json.print(document);
        } else {
            Say.line(target + ": " + events + " events from position " + begin + " to " + reached);
        }
        return ExitCode.SUCCESS;
    }

    private static UserError cannotWrite(Path target, IOException failure) {
        return new UserError(target + ": cannot be written" + (Files.isDirectory(target) ? ": is a directory" : ": " + failure.getMessage()));
    }

    private static Optional<String> taskOn(Cpu cpu, TaskReader reader, int cpus) {
        try {
            return reader.read(cpu::look, cpus).stream().filter(task -> task.cpu().isPresent() && task.cpu().getAsInt() == cpu.number()).findFirst()
                    .map(Task::toString);
        } catch (SymbolsException e) {
            // The kernel has no tasks yet.
            return Optional.empty();
        }
    }
}
