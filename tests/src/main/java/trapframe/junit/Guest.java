package trapframe.junit;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.assertj.core.api.AssertProvider;
import trapframe.harness.Amount;
import trapframe.harness.Goal;
import trapframe.harness.LockState;
import trapframe.harness.Mapping;
import trapframe.harness.Outcome;
import trapframe.harness.PageTables;
import trapframe.harness.Report;
import trapframe.harness.Session;
import trapframe.harness.Stage;
import trapframe.machine.Machine;
import trapframe.machine.StopReason;
import trapframe.symbols.FrameRegisters;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.Value;
import trapframe.symbols.tasks.Task;
import trapframe.timeline.Endings;
import trapframe.timeline.Input;

/**
 * A kernel in a machine of its own, for one test. It runs only inside the calls of this class; between them it stands still, and all of it can
 * be looked at. What it does not do as expected is an {@link AssertionError} that says how far it came, what it showed last, where its CPUs stand, and how
 * to replay it.
 *
 * <p>Times are virtual, such as {@code 20ms}: the host's speed is never the reason why a test fails.
 */
public final class Guest implements AssertProvider<GuestAssert> {
    private final Optional<Session> booted;
    private final Optional<GuestFailure> obstacle;
    private final Plan plan;
    private final Evidence evidence;
    private final long budgetNanos;

    /**
     * @param booted   empty if it is not there
     * @param obstacle why it is not, which the test then fails with
     */
    Guest(Optional<Session> booted, Optional<GuestFailure> obstacle, Plan plan, Evidence evidence, long budgetNanos) {
        this.booted = booted;
        this.obstacle = obstacle;
        this.plan = plan;
        this.evidence = evidence;
        this.budgetNanos = budgetNanos;
    }

    /** The same guest, with another budget for what the next call waits for. */
    public Guest within(String time) {
        return new Guest(booted, obstacle, plan, evidence, Amount.nanos(time));
    }

    /** Runs through all {@link Stages} that are left. */
    public Guest boot() {
        if (plan.stages().isEmpty()) {
            throw new IllegalStateException("there are no @Stages");
        }
        return reach(plan.stages().getLast().name());
    }

    /** Runs through the {@link Stages} that are left up to one of them. */
    public Guest reach(String stage) {
        int last = plan.stage(stage);
        for (int i = session().passed().size(); i <= last; i++) {
            Stage next = plan.stages().get(i);
            Outcome outcome = session().run(next);
            if (!(outcome instanceof Outcome.Reached)) {
                throw failure(Report.headline(next, outcome, cpus()), Optional.of(next.name()));
            }
        }
        return this;
    }

    /** Runs until the console shows texts, each behind the one before. What it showed since the last expectation counts. */
    public Guest expect(String... texts) {
        for (String text : texts) {
            reach(new Goal.Shows(text));
        }
        return this;
    }

    /** Runs until the next line is finished, which must be this one. The rest of a line that was begun already does not count. */
    public Guest expectLine(String line) {
        reach(new Goal.ShowsLine(line));
        return this;
    }

    /** Runs until something on a line matches a regular expression, and returns it. */
    public String expectMatch(String regularExpression) {
        return reach(new Goal.Matches(Pattern.compile(regularExpression)));
    }

    /** Runs for the time of {@link #within}, in which the console must not show a text. */
    public Guest expectNot(String text) {
        Goal unwanted = new Goal.Shows(text);
        Outcome outcome = session().run(unwanted, budgetNanos);
        switch (outcome) {
            case Outcome.Reached _ -> throw failure("the guest showed \"" + Report.escaped(text) + "\", and must not");
            case Outcome.OutOfBudget _, Outcome.Ended _ -> { }
            default -> throw failure(Report.headline(new Goal.Passes(), outcome, cpus()));
        }
        return this;
    }

    /** Runs until the guest ends the run itself, as a success: at the debug-exit port, or by switching off or resetting the machine. */
    public Guest expectSuccess() {
        reach(new Goal.Ends());
        StopReason reason = session().ended().orElseThrow();
        boolean well = switch (reason) {
            case StopReason.GuestExit exit -> exit.success();
            case StopReason.PowerOff _, StopReason.Reset _ -> true;
            default -> false;
        };
        if (!well) {
            throw failure("the guest " + Endings.words(reason, cpus()) + ", and did not end well");
        }
        return this;
    }

    /** Runs until the guest writes this code to the debug-exit port. */
    public Guest expectExit(int code) {
        reach(new Goal.Ends());
        StopReason reason = session().ended().orElseThrow();
        if (!(reason instanceof StopReason.GuestExit exit && exit.code() == code)) {
            throw failure("the guest " + Endings.words(reason, cpus()) + ", and did not write 0x" + Integer.toHexString(code)
                    + " to the debug-exit port");
        }
        return this;
    }

    /**
     * Runs until a CPU is about to execute the code at a symbol, or at an address like {@code 0xffffffff80101234}. A guest that was run to there
     * already runs on until it comes there once more.
     */
    public Guest runTo(String symbol) {
        reach(Goal.Executes.of(symbol, session().setup().symbols()));
        return this;
    }

    /** Lets the guest run for a time. */
    public Guest runFor(String time) {
        within(time).reach(new Goal.Passes());
        return this;
    }

    private String reach(Goal goal) {
        Outcome outcome = session().run(goal, budgetNanos);
        return switch (outcome) {
            case Outcome.Reached(String shown) -> shown;
            default -> throw failure(Report.headline(goal, outcome, cpus()));
        };
    }

    /** Types at the console. */
    public Guest type(String keys) {
        if (!session().setup().attended()) {
            throw new IllegalStateException("nobody is at the console who could type: @BootImage(attended = false)");
        }
        session().type(keys);
        return this;
    }

    /** Nobody is at the console any more: the guest reads the end of its input, and sees carrier drop. */
    public Guest hangUp() {
        session().apply(new Input.HangUp());
        return this;
    }

    /** Presses the power button. */
    public Guest pressPowerButton() {
        session().apply(new Input.PowerButton());
        return this;
    }

    /** Everything that the console showed. */
    public String console() {
        return session().transcript().text();
    }

    /** The lines that the console showed; the last one may be unfinished. */
    public List<String> lines() {
        return session().transcript().lines();
    }

    /** The stages that were reached. */
    public List<String> stages() {
        return session().passed().stream().map(Stage.Passed::name).toList();
    }

    /**
     * What an expression of C names, such as {@code tasks[3].state} or {@code cpus[0].current->name}, as the first CPU's page tables have it now.
     *
     * @throws trapframe.symbols.SymbolsException if it names nothing that is known
     */
    public Value value(String expression) {
        return symbols().value(expression, machine().cpus().getFirst()::look);
    }

    /** The address of a symbol. */
    public long address(String symbol) {
        return Goal.Executes.address(symbol, session().setup().symbols());
    }

    /** What names addresses. */
    public KernelSymbols symbols() {
        return session().setup().symbols().orElseThrow(() -> new IllegalStateException("nothing names the image's addresses"));
    }

    /** A general register of the first CPU, or RIP, by its name in lower case. */
    public long register(String name) {
        return register(0, name);
    }

    /** A register of a CPU by its name in lower case: the general ones, {@code rip}, {@code rflags}, {@code cr0}, {@code cr2}, {@code cr3}, {@code cr4}, {@code efer}. */
    public long register(int cpu, String name) {
        var state = machine().cpus().get(cpu).snapshot();
        return switch (name) {
            case "rflags" -> state.rflags();
            case "cr0" -> state.control()[0];
            case "cr2" -> state.control()[1];
            case "cr3" -> state.control()[2];
            case "cr4" -> state.control()[3];
            case "efer" -> state.model()[0];
            default -> {
                OptionalLong general = FrameRegisters.of(state.rip(), state.registers()).get(name);
                yield general.orElseThrow(() -> new IllegalArgumentException("there is no register " + name));
            }
        };
    }

    /** All that the first CPU's page tables map, by rising address; neighbours of equal rights are one. */
    public List<Mapping> mappings() {
        return PageTables.of(machine().cpus().getFirst().snapshot(), machine().ram());
    }

    /** What the first CPU's page tables say of a symbol's page, or of that of an address like {@code 0x1000}; empty if it is not mapped. */
    public Optional<Mapping> mapping(String symbol) {
        long address = address(symbol);
        return mappings().stream().filter(mapping -> mapping.contains(address)).findFirst();
    }

    /** The state of a lock, named as {@link #value} names it. */
    public LockState lock(String expression) {
        return LockState.of(value(expression));
    }

    /**
     * The kernel's tasks, in its order; free slots are none.
     *
     * @throws trapframe.symbols.SymbolsException if the kernel has none yet
     */
    public List<Task> tasks() {
        return session().setup().tasks().orElseThrow(() -> new IllegalStateException("nothing says how this kernel keeps its tasks: @BootImage(tasks = FILE)"))
                .read(machine().cpus().getFirst()::look, cpus());
    }

    /** What a drive holds. */
    public Disk disk(int number) {
        return new Disk(machine(), number);
    }

    /** How often an interrupt came so far: {@code irq00}, {@code gsi04}, {@code system calls}, {@code halts} and the like, as {@code --stats} names them. */
    public long interrupts(String name) {
        return machine().statistics().interrupts().getOrDefault(name, 0L);
    }

    /** How often an exception was delivered so far, by its mnemonic, such as {@code #PF}. */
    public long exceptions(String mnemonic) {
        return machine().statistics().exceptions().getOrDefault(mnemonic, 0L);
    }

    /** The hash of everything that determines what the guest will do. */
    public String stateHash() {
        return machine().stateHash();
    }

    /** Virtual time since power-on, in nanoseconds. */
    public long nanos() {
        return machine().clock().nanos();
    }

    /** The machine itself, for what this class does not offer. It must not be run: what comes of that is in no recording. */
    public Machine machine() {
        return session().machine();
    }

    /** What {@code assertThat(guest)} of AssertJ returns. */
    @Override
    public GuestAssert assertThat() {
        return new GuestAssert(this);
    }

    private int cpus() {
        return session().setup().machine().cpus();
    }

    private GuestFailure failure(String headline) {
        return failure(headline, Optional.empty());
    }

    private GuestFailure failure(String headline, Optional<String> awaited) {
        return new GuestFailure(report(headline, awaited));
    }

    /** What is to be known of the guest when a test failed for a reason of its own. */
    String report(String headline) {
        return report(headline, Optional.empty());
    }

    private String report(String headline, Optional<String> awaited) {
        return Report.of(headline, session(), awaited, evidence.record(session(), headline));
    }

    /** @throws GuestFailure if the guest is not there */
    Session session() {
        check();
        return booted.orElseThrow();
    }

    /** @throws GuestFailure if the guest is not there */
    void check() {
        obstacle.ifPresent(failure -> {
            throw failure;
        });
    }

    /** Whether the guest is there, so that something can be said of it. */
    boolean isBooted() {
        return booted.isPresent();
    }

    void close() {
        booted.ifPresent(Session::close);
    }
}
