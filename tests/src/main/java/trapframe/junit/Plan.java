package trapframe.junit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import trapframe.boot.BootException;
import trapframe.boot.BootModule;
import trapframe.boot.BootParameters;
import trapframe.boot.ImageFile;
import trapframe.device.drive.DriveSpec;
import trapframe.harness.Amount;
import trapframe.harness.Goal;
import trapframe.harness.Setup;
import trapframe.machine.MachineSpec;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.SymbolsException;
import trapframe.symbols.tasks.KernelDescription;
import trapframe.symbols.tasks.TaskReader;

/**
 * What annotations say that is booted.
 *
 * @param stages in order
 * @param budgetNanos for what has none of its own
 */
record Plan(Setup setup, List<trapframe.harness.Stage> stages, long budgetNanos) {
    static final String RESOURCE = "classpath:";

    static final long DEFAULT_BUDGET = 10_000_000_000L;

    /** Where nothing is to be booted. */
    static final Plan NONE = new Plan(null, List.of(), DEFAULT_BUDGET);

    private static final Pattern PARAMETER = Pattern.compile("\\$\\{([^}]+)}");

    /**
     * @param loader     finds resources
     * @param parameters says what <code>${NAME}</code> in names of files stands for
     */
    static Plan of(BootImage image, List<Stage> stages, ClassLoader loader, UnaryOperator<String> parameters) {
        try {
            return read(image, stages, loader, name -> PARAMETER.matcher(name).replaceAll(found -> Matcher.quoteReplacement(parameters.apply(found.group(1)))));
        } catch (IllegalArgumentException | BootException | SymbolsException e) {
            throw new ExtensionConfigurationException("@BootImage: " + e.getMessage(), e);
        }
    }

    private static Plan read(BootImage annotation, List<Stage> stages, ClassLoader loader, UnaryOperator<String> named) {
        boolean bundled = annotation.value().isEmpty();
        ImageFile file = bundled ? ImageFile.open(bundledKernel()) : file(named.apply(annotation.value()), loader);
        trapframe.boot.BootImage image = trapframe.boot.BootImage.parse(file);
        BootModule[] modules = annotation.initrd().isEmpty() ? new BootModule[0] : BootModule.open(named.apply(annotation.initrd())).toArray(BootModule[]::new);
        MachineSpec machine = MachineSpec.standard().withMemory(Amount.bytes(annotation.memory())).withCpus(annotation.cpus())
                .withTimerPhase(annotation.timerPhase()).withSuccessCode(annotation.successCode())
                .withDrives(Arrays.stream(annotation.drives()).map(named).map(DriveSpec::parse).toArray(DriveSpec[]::new));
        Optional<KernelSymbols> symbols = annotation.symbols().isEmpty() ? Setup.symbolsOf(file) : Optional.of(KernelSymbols.open(Path.of(annotation.symbols())));
        Setup setup = new Setup(image, bundled, BootParameters.of(annotation.append(), modules), machine, annotation.attended(), List.of(annotation.fail()), symbols,
                tasks(annotation.tasks(), symbols));
        long budget = Amount.nanos(annotation.budget());
        return new Plan(setup, stages(stages, symbols, budget), budget);
    }

    private static Optional<TaskReader> tasks(String file, Optional<KernelSymbols> symbols) {
        return file.isEmpty() ? Setup.tasksOf(symbols) : symbols.map(known -> new TaskReader(KernelDescription.read(Path.of(file)), known));
    }

    static Path bundledKernel() {
        String root = System.getProperty("trapframe.root");
        if (root == null) {
            throw new IllegalArgumentException("names no image, and the system property trapframe.root does not say where Trapframe's own kernel is");
        }
        return Path.of(root, "kernel-image", "target", "sprout.elf");
    }

    private static ImageFile file(String name, ClassLoader loader) {
        if (!name.startsWith(RESOURCE)) {
            return ImageFile.open(Path.of(name));
        }
        try (InputStream content = loader.getResourceAsStream(name.substring(RESOURCE.length()))) {
            if (content == null) {
                throw new IllegalArgumentException(name + ": no such resource");
            }
            return ImageFile.of(name, content.readAllBytes());
        } catch (IOException e) {
            throw new IllegalArgumentException(name + ": cannot be read: " + e.getMessage());
        }
    }

    private static List<trapframe.harness.Stage> stages(List<Stage> annotations, Optional<KernelSymbols> symbols, long budget) {
        Set<String> names = new HashSet<>();
        List<trapframe.harness.Stage> stages = new ArrayList<>();
        for (Stage stage : annotations) {
            if (!names.add(stage.name())) {
                throw new IllegalArgumentException("two stages are called " + stage.name());
            }
            if (stage.shows().isEmpty() == stage.symbol().isEmpty()) {
                throw new IllegalArgumentException("stage " + stage.name() + " needs one of shows and symbol");
            }
            Goal goal = stage.symbol().isEmpty() ? new Goal.Shows(stage.shows()) : Goal.Executes.of(stage.symbol(), symbols);
            stages.add(new trapframe.harness.Stage(stage.name(), stage.types(), goal, stage.within().isEmpty() ? budget : Amount.nanos(stage.within())));
        }
        return stages;
    }

    /** The number of a stage. */
    int stage(String name) {
        for (int i = 0; i < stages.size(); i++) {
            if (stages.get(i).name().equals(name)) {
                return i;
            }
        }
        throw new ExtensionConfigurationException("there is no stage " + name + (stages.isEmpty() ? ": there are no @Stages"
                : ", only " + String.join(", ", stages.stream().map(trapframe.harness.Stage::name).toList())));
    }
}
