package trapframe.tools.stages;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import trapframe.boot.BootImage;
import trapframe.boot.BootModule;
import trapframe.boot.BootParameters;
import trapframe.device.drive.DriveSpec;
import trapframe.harness.Amount;
import trapframe.harness.Goal;
import trapframe.harness.Setup;
import trapframe.harness.Stage;
import trapframe.machine.MachineSpec;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.tasks.KernelDescription;
import trapframe.symbols.tasks.TaskReader;

/** Makes a {@link Variant} of what a file says. */
final class VariantReader {
    /** What can be said of a boot; a variant and the matrix can say it as well. */
    static final List<String> KEYS = List.of("image", "append", "initrd", "memory", "cpus", "drives", "timer-phase", "success-code", "symbols",
            "tasks", "fail", "budget", "ends");

    private static final String DEFAULT_BUDGET = "10s";

    private final Path folder;
    private final Path bundled;
    private final List<Problem> problems;

    /** @param folder that names of files begin in */
    VariantReader(Path folder, Path bundled, List<Problem> problems) {
        this.folder = folder;
        this.bundled = bundled;
        this.problems = problems;
    }

    private String inFolder(String name) {
        return folder.resolve(name).normalize().toString();
    }

    /** @param name empty if nothing tells this variant from others, as there are none */
    Optional<Variant> read(Fields fields, String name) {
        int before = problems.size();
        Optional<BootImage> image = fields.has("image") ? fields.text("image", file -> BootImage.open(Path.of(inFolder(file))))
                : fields.read("image", () -> BootImage.open(bundled));
        if (image.isEmpty()) {
            return Optional.empty();
        }
        Optional<KernelSymbols> symbols = fields.has("symbols") ? fields.text("symbols", file -> KernelSymbols.open(Path.of(inFolder(file))))
                : Setup.symbolsOf(image.get().file());
        Optional<TaskReader> tasks = fields.has("tasks") ? fields.text("tasks", file -> new TaskReader(KernelDescription.read(Path.of(inFolder(file))),
                symbols.orElseThrow(() -> new IllegalArgumentException("tasks cannot be found without symbols")))) : Setup.tasksOf(symbols);
        long budget = budget(fields, Amount.nanos(DEFAULT_BUDGET));
        List<Stage> stages = stages(fields, symbols, budget);
        Optional<ExpectedEnd> end = fields.any("ends").flatMap(value -> fields.read("ends", () -> ExpectedEnd.of(value, budget)));
        Setup setup = new Setup(image.get(), !fields.has("image"), parameters(fields), machine(fields),
                stages.stream().anyMatch(stage -> !stage.types().isEmpty()), failTexts(fields), symbols, tasks);
        return problems.size() > before ? Optional.empty() : Optional.of(new Variant(name.isEmpty() ? image.get().file().baseName() : name, setup, stages, end));
    }

    private BootParameters parameters(Fields fields) {
        List<BootModule> modules = fields.text("initrd", option -> BootModule.open(inFolder(option))).orElse(List.of());
        return BootParameters.of(fields.text("append").orElse(""), modules.toArray(BootModule[]::new));
    }

    private MachineSpec machine(Fields fields) {
        MachineSpec plain = MachineSpec.standard();
        long memory = fields.text("memory", text -> {
            long bytes = Amount.bytes(text);
            plain.withMemory(bytes);
            return bytes;
        }).orElse(MachineSpec.DEFAULT_MEMORY_BYTES);
        List<DriveSpec> drives = new ArrayList<>();
        for (String drive : fields.texts("drives")) {
            fields.read("drives", () -> drive(drive)).ifPresent(drives::add);
        }
        if (drives.stream().anyMatch(drive -> drive.access() == DriveSpec.Access.WRITE)) {
            fields.problem("drives", "a drive needs readonly or snapshot=on, so that each run finds what the first one found");
        }
        return fields.read("drives", () -> plain.withMemory(memory)
                .withCpus(fields.number("cpus", 1, MachineSpec.MAX_CPUS).orElse(1L).intValue())
                .withTimerPhase(fields.number("timer-phase", 0, MachineSpec.MAX_TIMER_PHASE).orElse(MachineSpec.DEFAULT_TIMER_PHASE))
                .withSuccessCode(fields.number("success-code", 0, 0xff).orElse((long) MachineSpec.DEFAULT_SUCCESS_CODE).intValue())
                .withDrives(drives.toArray(DriveSpec[]::new))).orElse(plain);
    }

    private DriveSpec drive(String text) {
        DriveSpec drive = DriveSpec.parse(inFolder(text));
        if (!Files.isRegularFile(drive.file())) {
            throw new IllegalArgumentException(drive.file() + ": no such file");
        }
        return drive;
    }

    private static List<String> failTexts(Fields fields) {
        List<String> texts = fields.texts("fail");
        if (texts.contains("")) {
            fields.problem("fail", "fail must not be empty: an empty text is everywhere");
        }
        return texts.stream().filter(text -> !text.isEmpty()).toList();
    }

    private static long budget(Fields fields, long otherwise) {
        return fields.text("budget", text -> {
            long nanos = Amount.nanos(text);
            if (nanos == 0) {
                throw new IllegalArgumentException("budget must be more than 0");
            }
            return nanos;
        }).orElse(otherwise);
    }

    private List<Stage> stages(Fields fields, Optional<KernelSymbols> symbols, long budget) {
        List<Stage> stages = new ArrayList<>();
        TreeSet<String> names = new TreeSet<>();
        List<Fields> tables = fields.tables("stage");
        if (tables.isEmpty()) {
            fields.problem("stage", "there is no [[stage]]");
        }
        for (Fields stage : tables) {
            stage.only("name", "shows", "line", "matches", "symbol", "types", "budget");
            Optional<String> name = stage.text("name");
            if (!stage.has("name") || name.filter(String::isEmpty).isPresent()) {
                stage.problem("name", "a stage needs a name");
            }
            name.filter(given -> !names.add(given)).ifPresent(given -> stage.problem("name", "two stages are called " + given));
            Optional<Goal> goal = goal(stage, symbols);
            long its = budget(stage, budget);
            String types = stage.text("types").orElse("");
            if (goal.isPresent()) {
                stages.add(new Stage(name.orElse(""), types, goal.get(), its));
            }
        }
        return stages;
    }

    private static Optional<Goal> goal(Fields stage, Optional<KernelSymbols> symbols) {
        if (List.of("shows", "line", "matches", "symbol").stream().filter(stage::has).count() != 1) {
            stage.problem("name", "a stage needs one of shows, line, matches and symbol");
            return Optional.empty();
        }
        return stage.text("shows", Goal.Shows::new).<Goal>map(goal -> goal).or(() -> stage.text("line", Goal.ShowsLine::new))
                .or(() -> stage.text("matches", text -> new Goal.Matches(pattern(text))))
                .or(() -> stage.text("symbol", text -> Goal.Executes.of(text, symbols)));
    }

    private static Pattern pattern(String text) {
        try {
            return Pattern.compile(text);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException("no regular expression: " + e.getDescription());
        }
    }
}
