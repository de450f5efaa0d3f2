package trapframe.tests.explore;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongFunction;
import trapframe.boot.BootImage;
import trapframe.boot.BootParameters;
import trapframe.explore.Exploration;
import trapframe.explore.Point;
import trapframe.explore.Report;
import trapframe.explore.Subject;
import trapframe.harness.Setup;
import trapframe.machine.MachineSpec;
import trapframe.symbols.KernelSymbols;
import trapframe.timeline.RunDescription;

/** Sprout and its variants on small machines, to be explored. */
final class SproutSubject {
    private static final Path IMAGES = Path.of(System.getProperty("trapframe.root"), "kernel-image", "target");

    private SproutSubject() { }

    static Path image(String name) {
        return IMAGES.resolve(name + ".elf");
    }

    static Subject of(String name, String commandLine) {
        RunDescription run = RunDescription.of(MachineSpec.standard().withMemory(8 << 20), BootImage.open(image(name)), false,
                BootParameters.of(commandLine), new byte[0], false);
        return new Subject(run, run.opener(image(name)), Optional.empty(), Optional.empty(), OptionalLong.empty(),
                Setup.tasksOf(Optional.of(KernelSymbols.open(image(name)))));
    }

    static LongFunction<Optional<String>> functions(String name) {
        KernelSymbols symbols = KernelSymbols.open(image(name));
        return address -> symbols.symbolAt(address).map(symbol -> symbol.name());
    }

    /** Where the kernel of that name comes to a function for the how-manieth time. */
    static Point.Symbol symbol(String name, String function, int times) {
        return new Point.Symbol(function, KernelSymbols.open(image(name)).address(function).orElseThrow(), times);
    }

    static Report explore(String name, String commandLine, Exploration.Settings settings) {
        return explore(of(name, commandLine), name, settings);
    }

    static Report explore(Subject subject, String name, Exploration.Settings settings) {
        return new Exploration(subject, settings, functions(name), _ -> { }).run();
    }
}
