package trapframe.tools;

import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import trapframe.boot.BootImage;
import trapframe.boot.BootParameters;
import trapframe.cpu.Observation;
import trapframe.device.SerialInputQueue;
import trapframe.diagnose.Ending;
import trapframe.diagnose.HangWatch;
import trapframe.diagnose.Verdict;
import trapframe.gdb.DebuggedKernel;
import trapframe.gdb.RemoteFile;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.symbols.KernelSymbols;
import trapframe.time.Clock;
import trapframe.timeline.Input;
import trapframe.timeline.Recorder;
import trapframe.timeline.RecordingFile;
import trapframe.timeline.RunDescription;
import trapframe.timeline.RunLog;
import trapframe.timeline.Runner;
import trapframe.tools.console.ConsoleOutput;
import trapframe.tools.console.GuestConsole;
import trapframe.tools.console.InputQueue;
import trapframe.tools.console.Keyboard;
import trapframe.tools.console.Pace;
import trapframe.tools.gdb.DebugOptions;
import trapframe.tools.gdb.Debugger;

/** One run of a machine with its console: on its own, or with somebody at the keyboard. */
final class BootSession {
    /** With a keyboard, how much virtual time passes between two looks at it. */
    private static final long SLICE_NANOS = 10_000_000;

    private final MachineOptions options;
    private final ConsoleOutput output;
    private final boolean withHash;
    private final Optional<Path> recording;
    private final Supplier<RunDescription> description;
    private final DebugOptions debug;
    private volatile Optional<Debugger> debugger = Optional.empty();
    private final SerialInputQueue input = new SerialInputQueue();
    private final InputQueue keys = new InputQueue();
    private volatile boolean left;
    private final LongRun quiet = new LongRun("no end yet");
    private final AtomicBoolean powerButton = new AtomicBoolean();
    private volatile Machine machine;
    private Runner runner;
    private HangWatch watch;
    private Optional<Verdict> verdict = Optional.empty();
    private volatile long started;
    private volatile boolean stopped;
    /** Whether other threads may still look at the machine; guarded by this. */
    private boolean running;

    /**
     * @param withHash    whether the result carries the state hash, which takes a look at all of RAM
     * @param recording   where a recording of the run goes
     * @param description what begins a recording of the run
     */
    BootSession(MachineOptions options, ConsoleOutput output, boolean withHash, Optional<Path> recording, Supplier<RunDescription> description,
            DebugOptions debug) {
        this.options = options;
        this.output = output;
        this.withHash = withHash;
        this.recording = recording;
        this.description = description;
        this.debug = debug;
    }

    /**
     * @param inputFile console input that is known from the start
     * @param attended  whether somebody sits at a terminal and sees the console
     */
    BootResult run(BootImage kernel, BootParameters parameters, byte[] inputFile, boolean attended) {
        input.append(inputFile);
        boolean live = options.liveInput(attended);
        if (live) {
            input.attend();
        }
        GuestConsole console = new GuestConsole(output, options.until(), options.fail(), () -> machine.requestStop());
        MachineSpec spec = options.spec();
        try (Machine built = new Machine(spec, kernel, parameters, input, value -> transmit(console, value))) {
            begin(built);
            try {
                Optional<KernelSymbols> symbols = options.needsSymbols() || debug.isWanted() ? options.symbols(kernel) : Optional.empty();
                OptionalLong until = options.untilSymbol().isPresent() ? OptionalLong.of(address(options.untilSymbol().get(), kernel, symbols))
                        : OptionalLong.empty();
                built.observe(new Observation(until.stream().toArray(), List.of(), false));
                try (RunLog log = new RunLog(built, recording.map(file -> new RecordingFile(file, description.get())))) {
                    debugger = Debugger.open(debug, () -> subject(console, live, log, symbols, until));
                    Finished finished = run(runner(log), console, live, kernel);
                    log.end(finished.reason, finished.result.ending().id(), finished.result.detail());
                    return finished.result;
                }
            } finally {
                debugger.ifPresent(Debugger::close);
                end();
            }
        }
    }

    private static long address(String symbol, BootImage kernel, Optional<KernelSymbols> symbols) {
        return symbols.map(known -> known.address(symbol)).orElseThrow(
                () -> new UserError(kernel.file().name() + ": has no symbols (--symbols FILE names a file that has)"))
                .orElseThrow(() -> new UserError("--until: no symbol " + symbol));
    }

    private Debugger.Subject subject(GuestConsole console, boolean live, RunLog log, Optional<KernelSymbols> symbols, OptionalLong until) {
        Optional<RemoteFile> executable = symbols.map(known -> known.isElf() ? RemoteFile.of(Path.of(known.name()))
                : RemoteFile.made(Path.of(known.name()).toAbsolutePath() + ".elf", known::asElf));
        return new Debugger.Subject(machine, live, log, new LogRecorder(log, description),
                new DebuggedKernel(executable, symbols, symbols.flatMap(options::tasks)), until,
                reason -> BootResult.words(reason, console.ending(), options.spec().cpus()));
    }

    private Runner runner(RunLog log) {
        return debugger.map(Debugger::runner).orElseGet(() -> recording.isPresent() ? new Recorder(machine, log) : Runner.of(machine));
    }

    /** What the guest writes a second time, because a debugger went back, is on the console already. */
    private void transmit(GuestConsole console, int value) {
        quiet.shown();
        if (debugger.map(Debugger::isNew).orElse(true)) {
            console.transmit(value);
        }
    }

    private record Finished(StopReason reason, BootResult result) {
    }

    private Finished run(Runner chosen, GuestConsole console, boolean live, BootImage kernel) {
        runner = chosen;
        long limit = limit(machine.clock());
        // Somebody at a keyboard sees for himself, and a guest that waits for him has nothing to tell.
        watch = new HangWatch(machine, live ? runner : quiet.with(runner, machine, limit, this::doubt));
        StopReason reason = debugger.isPresent() ? debugger.get().run(limit, () -> runFreely(limit, live))
                : runFreely(limit, live);
        left |= debugger.map(Debugger::killed).orElse(false);
        long hostNanos = System.nanoTime() - started;
        output.flush();
        return new Finished(reason, machine.freeze(() -> console.ending().isEmpty() && !left && verdict.isPresent()
                ? BootResult.of(report(verdict.get(), kernel), machine, hostNanos, withHash)
                : BootResult.of(reason, console.ending(), left, machine, hostNanos, withHash)
                        .withDoubt(() -> watch.doubt().map(doubt -> report(doubt, kernel)))));
    }

    private String doubt() {
        return watch.doubt().map(doubt -> "not proved to hang: " + doubt.known()).orElse("");
    }

    /** With the names that the kernel's file has. What is wrong with it does not matter here. */
    private VerdictReport report(Verdict found, BootImage kernel) {
        Optional<KernelSymbols> symbols;
        try {
            symbols = options.symbols(kernel);
        } catch (UserError e) {
            symbols = Optional.empty();
        }
        Optional<KernelSymbols> known = symbols;
        return new VerdictReport(found, address -> known.flatMap(names -> names.describe(address)));
    }

    private StopReason runFreely(long limit, boolean live) {
        return live ? runLive(limit) : runWatched(new RunLimits(limit));
    }

    /** Runs until something ends the run, a proof that the guest hangs too. A debugger's user sees for himself. */
    private StopReason runWatched(RunLimits limits) {
        if (debugger.isPresent()) {
            return runner.run(limits);
        }
        return switch (watch.run(limits)) {
            case Ending.Ended(StopReason reason) -> reason;
            case Ending.Hung(Verdict proof) -> {
                verdict = Optional.of(proof);
                yield watch.reason();
            }
        };
    }

    private synchronized void begin(Machine built) {
        started = System.nanoTime();
        machine = built;
        running = true;
        if (stopped) {
            built.requestStop();
        }
    }

    private synchronized void end() {
        running = false;
    }

    /** Ends the run where it is, or when it begins; called by another thread. */
    void stop() {
        stopped = true;
        debugger.ifPresent(Debugger::close);
        Machine begun = machine;
        if (begun != null) {
            begun.requestStop();
        }
    }

    /** Says how far the machine is, while it runs in another thread. */
    private synchronized void sayProgress() {
        if (running) {
            machine.freeze(() -> Progress.of(machine, System.nanoTime() - started, true)).lines().forEach(Say::line);
        }
    }

    private long limit(Clock clock) {
        return switch (options.limit().orElse(null)) {
            case null -> Long.MAX_VALUE;
            case Quantity.Limit.VirtualTime time -> clock.positionAtNanos(time.nanos());
            case Quantity.Limit.CodeBytes bytes -> bytes.count();
        };
    }

    private StopReason runLive(long limit) {
        Pace pace = new Pace(System::nanoTime);
        try (Keyboard _ = Keyboard.open(keys, new KeyboardWishes(), machine.join("the keyboard"))) {
            while (true) {
                Clock clock = machine.clock();
                long next = Math.min(limit, clock.positionAtNanos(clock.nanos() + SLICE_NANOS));
                StopReason reason = runWatched(new RunLimits(next, true));
                boolean sliceOver = reason instanceof StopReason.PositionLimit && clock.position() < limit && verdict.isEmpty();
                if (left || !sliceOver) {
                    return reason;
                }
                long ahead = pace.ahead(clock.nanos());
                if (ahead > 0) {
                    keys.await(ahead);
                }
                machine.change(this::passOnKeys);
            }
        }
    }

    private void passOnKeys() {
        ByteArrayOutputStream pressed = new ByteArrayOutputStream();
        for (int key = keys.poll(); key >= 0; key = keys.poll()) {
            pressed.write(key);
        }
        if (pressed.size() > 0) {
            runner.apply(new Input.Console(pressed.toByteArray()));
        }
        if (powerButton.getAndSet(false)) {
            runner.apply(new Input.PowerButton());
        }
        if (keys.atEnd() && input.attended()) {
            runner.apply(new Input.HangUp());
        }
    }

    private final class KeyboardWishes implements Keyboard.Wishes {
        @Override
        public void leave() {
            left = true;
        }

        @Override
        public void help() {
            Say.line(HELP);
        }

        @Override
        public void powerButton() {
            powerButton.set(true);
        }

        @Override
        public void statistics() {
            sayProgress();
        }
    }
}
