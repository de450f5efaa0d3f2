package trapframe.diagnose.why;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import trapframe.cpu.Cpu;
import trapframe.symbols.Frame;
import trapframe.symbols.Symbol;
import trapframe.timeline.Moment;
import trapframe.unicorn.CpuState;

/** Finds the call for which a kernel gave up, by the names that functions have that end it, and who made the same call before. */
final class FailureFinder {
    private static final List<String> ENDS = List.of("panic", "oops", "abort", "assert", "fatal");
    /** Numbers below are no addresses of objects. */
    private static final long LEAST_ADDRESS = 0x1_0000;

    private final Scene scene;
    private final Moment now;

    FailureFinder(Scene scene, Moment now) {
        this.scene = scene;
        this.now = now;
    }

    Optional<Failure> find() {
        scene.timeline().goTo(now);
        for (Cpu cpu : scene.machine().cpus()) {
            Optional<Symbol> reporter = reporter(scene.backtrace(cpu).frames());
            if (reporter.isPresent()) {
                Optional<Failure> failure = failure(reporter.get());
                scene.timeline().goTo(now);
                return failure;
            }
        }
        return Optional.empty();
    }

    /** The function that called the outermost one of those that end the kernel. */
    private Optional<Symbol> reporter(List<Frame> frames) {
        for (int i = frames.size() - 2; i >= 0; i--) {
            // What dumps an exception was not called for its argument.
            boolean isTrap = i + 3 >= frames.size() || !frames.get(i + 2).isCall() || !frames.get(i + 3).isCall();
            if (frames.get(i + 1).isCall() && !isTrap && ends(frames.get(i))) {
                return scene.symbols().symbolAt(frames.get(i + 1).address());
            }
        }
        return Optional.empty();
    }

    private boolean ends(Frame frame) {
        return scene.symbols().lineAt(frame.address()).stream().map(source -> source.function().toLowerCase(Locale.ROOT))
                .anyMatch(name -> ENDS.stream().anyMatch(name::contains));
    }

    private Optional<Failure> failure(Symbol function) {
        History history = new History(scene);
        return history.lastAt(function.address(), now, _ -> true).map(call -> {
            long argument = argument(scene.machine().cpuOnTurn());
            Event event = scene.event(scene.machine().cpuOnTurn().number());
            Optional<Moment> earlier = Long.compareUnsigned(argument, LEAST_ADDRESS) < 0 ? Optional.empty()
                    : history.lastAt(function.address(), call, machine -> argument(machine.cpuOnTurn()) == argument);
            return new Failure(function.name(), argument, event, earlier.map(_ -> scene.event(scene.machine().cpuOnTurn().number())));
        });
    }

    private static long argument(Cpu cpu) {
        return cpu.state().register(CpuState.RDI);
    }
}
