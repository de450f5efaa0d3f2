package trapframe.symbols.tasks;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import trapframe.symbols.Frame;
import trapframe.symbols.FrameRegisters;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.MemoryView;
import trapframe.symbols.Names;
import trapframe.symbols.SymbolsException;
import trapframe.symbols.Type;
import trapframe.symbols.TypeReference;
import trapframe.symbols.Value;

/** Reads the tasks of a guest's kernel out of its memory, by a description of how it keeps them. */
public final class TaskReader {
    /** A kernel that seems to have more has not set up its tasks yet, or has lost them. */
    static final int MAX_TASKS = 100_000;

    private final KernelDescription description;
    private final KernelSymbols symbols;

    public TaskReader(KernelDescription description, KernelSymbols symbols) {
        this.description = description;
        this.symbols = symbols;
    }

    public KernelDescription description() {
        return description;
    }

    /**
     * All tasks but free slots, in the order in which the kernel has them.
     *
     * @param memory as a CPU sees it that runs the kernel, or whose page table has it
     * @param cpus   how many CPUs there are
     * @throws SymbolsException if the symbols do not fit the description, or the guest has no tasks (yet)
     */
    public List<Task> read(MemoryView memory, int cpus) {
        Type type = description.task().in(symbols);
        List<Value> structures = structures(type, memory).stream().filter(task -> !description.isFree(state(task))).toList();
        Optional<Map<Long, Integer>> current = current(memory, cpus);
        Map<Long, Long> waitedFor = waitedFor(structures);
        return structures.stream().map(task -> task(task, memory, current, waitedFor)).toList();
    }

    /** The structure of a task. */
    public Value structure(Task task, MemoryView memory) {
        return symbols.value(description.task().in(symbols), task.address(), memory);
    }

    /** The member of a task's structure that is its state. */
    public Value state(Task task, MemoryView memory) {
        return member(structure(task, memory), description.state());
    }

    /** The member of a task's structure that tells what it waits for, if it has one of its own for that. */
    public Optional<Value> waitField(Task task, MemoryView memory) {
        return description.waits().stream().filter(rule -> rule.states().contains(task.state()) && rule.kind() != WaitRule.Kind.EXIT)
                .map(rule -> member(structure(task, memory), rule.field())).filter(field -> field.number() != 0).findFirst();
    }

    /** The structure in which the member is that tells what a task waits for: the task's own, or one in that. */
    public Value around(Task task, Value waitField, MemoryView memory) {
        List<String> path = description.waits().stream().filter(rule -> rule.kind() != WaitRule.Kind.EXIT).map(WaitRule::field)
                .filter(field -> member(structure(task, memory), field).address() == waitField.address()).findFirst().orElseThrow();
        return member(structure(task, memory), path.subList(0, path.size() - 1));
    }

    private List<Value> structures(Type type, MemoryView memory) {
        return switch (description.table()) {
            case TaskTable.Array(String expression, OptionalLong count) -> elements(expression, type, count, memory);
            case TaskTable.Pointers(String expression, OptionalLong count) ->
                    elements(expression, new Type.Pointer(TypeReference.to(type), Long.BYTES), count, memory).stream()
                            .filter(pointer -> !pointer.isNull()).map(pointer -> symbols.value(type, pointer.number(), memory)).toList();
            case TaskTable.Linked linked -> chain(linked, type, memory);
        };
    }

    private List<Value> elements(String expression, Type element, OptionalLong count, MemoryView memory) {
        Value array = isDeclared() ? symbols.value(new Type.Array(TypeReference.to(element), count.orElse(-1)), place(expression), memory)
                : symbols.value(expression, memory);
        if (array.type().plain() instanceof Type.Pointer && count.isPresent()) {
            array = symbols.value(new Type.Array(TypeReference.to(element), count.getAsLong()), array.number(), memory);
        }
        return (array.type().size() > 0 ? array.fetched() : array).elements();
    }

    /** Whether there is no debug information for the structure, so that expressions are names of symbols, or * and one. */
    private boolean isDeclared() {
        return description.task() instanceof TaskType.Declared;
    }

    private long place(String symbol) {
        return symbols.address(symbol).orElseThrow(() -> SymbolsException.of(symbols.name(), "has no symbol " + symbol));
    }

    private List<Value> chain(TaskTable.Linked linked, Type type, MemoryView memory) {
        long first = first(linked.expression(), memory);
        long inside = linked.inside().map(path -> member(symbols.value(type, 0, memory), path).address()).orElse(0L);
        List<Value> tasks = new ArrayList<>();
        Set<Long> seen = new TreeSet<>();
        for (long address = first; address != 0; ) {
            if (!seen.add(address) || tasks.size() >= MAX_TASKS) {
                throw SymbolsException.of(description.kernel(), "its list of tasks has no end: behind " + tasks.size() + " tasks comes 0x"
                        + Long.toHexString(address) + " again");
            }
            tasks.add(symbols.value(type, address, memory));
            long next = member(tasks.getLast(), linked.next()).number();
            address = next == 0 || next - inside == first ? 0 : next - inside;
        }
        return tasks;
    }

    private long first(String expression, MemoryView memory) {
        if (isDeclared()) {
            return expression.startsWith("*") ? memory.number(place(expression.substring(1).strip()), Long.BYTES) : place(expression);
        }
        Value value = symbols.value(expression, memory);
        return value.type().plain() instanceof Type.Pointer ? value.number() : value.address();
    }

    private static Value member(Value task, List<String> path) {
        Value value = task;
        for (String name : path) {
            value = value.member(name);
        }
        return value;
    }

    private String state(Value task) {
        Value state = member(task, description.state());
        long number = state.number();
        String named = description.states().get(number);
        if (named != null) {
            return named;
        }
        return state.type().plain() instanceof Type.Enumeration ? state.constant().orElse(Long.toString(number)) : Long.toString(number);
    }

    /** By a task's address, the number of the CPU whose current task it is; empty if that is not known. */
    private Optional<Map<Long, Integer>> current(MemoryView memory, int cpus) {
        if (description.current().isEmpty()) {
            return Optional.empty();
        }
        Map<Long, Integer> current = new TreeMap<>();
        try {
            for (int cpu = 0; cpu < cpus; cpu++) {
                current.putIfAbsent(current(cpu, memory), cpu);
            }
        } catch (SymbolsException e) {
            // Some kernels of a family keep it elsewhere.
            return Optional.empty();
        }
        return Optional.of(current);
    }

    private long current(int cpu, MemoryView memory) {
        String expression = description.current().get().replaceAll("\\bCPU\\b", Integer.toString(cpu));
        if (isDeclared()) {
            return memory.number(place(expression), Long.BYTES);
        }
        Value current = symbols.value(expression, memory);
        return current.type().plain() instanceof Type.Struct ? current.address() : current.number();
    }

    /** For a task that waits for another one's end, that other one. */
    private Map<Long, Long> waitedFor(List<Value> tasks) {
        Map<Long, Long> waitedFor = new TreeMap<>();
        for (WaitRule rule : description.waits()) {
            if (rule.kind() == WaitRule.Kind.EXIT) {
                tasks.forEach(task -> waitedFor.putIfAbsent(member(task, rule.field()).number(), task.address()));
            }
        }
        return waitedFor;
    }

    private Task task(Value task, MemoryView memory, Optional<Map<Long, Integer>> current, Map<Long, Long> waitedFor) {
        String state = state(task);
        Task.Activity activity = description.activity(state);
        Integer cpu = current.map(tasks -> tasks.get(task.address())).orElse(null);
        boolean runs = cpu != null || current.isEmpty() && activity == Task.Activity.RUNNING;
        return new Task(task.address(), description.id().map(path -> OptionalLong.of(member(task, path).number())).orElse(OptionalLong.empty()),
                description.name().map(path -> Names.printable(member(task, path).string())).orElse("?"), state, activity,
                cpu == null ? OptionalInt.empty() : OptionalInt.of(cpu),
                runs || activity == Task.Activity.EXITED ? Optional.empty() : saved(task, memory), wait(task, state, waitedFor));
    }

    private Optional<Wait> wait(Value task, String state, Map<Long, Long> waitedFor) {
        return description.waits().stream().filter(rule -> rule.states().contains(state)).flatMap(rule -> wait(rule, task, waitedFor).stream())
                .findFirst();
    }

    private Optional<Wait> wait(WaitRule rule, Value task, Map<Long, Long> waitedFor) {
        if (rule.kind() == WaitRule.Kind.EXIT) {
            return Optional.ofNullable(waitedFor.get(task.address())).map(Wait.Exit::new);
        }
        Value field = member(task, rule.field());
        long value = field.number();
        if (value == 0) {
            return Optional.empty();
        }
        return Optional.of(switch (rule.kind()) {
            case IN -> new Wait.In(value, rule.named().map(path -> name(field, path)).or(() -> symbols.describe(value)));
            case UNTIL -> new Wait.Until(value);
            case TASK -> new Wait.ForTask(value);
            case EXIT -> throw new IllegalStateException();
        });
    }

    private static String name(Value queue, List<String> path) {
        try {
            return Names.printable(member(queue, path).string());
        } catch (SymbolsException e) {
            return "?";
        }
    }

    /** The registers of a task that does not run. Where RSP is not among them, they were pushed, and RSP is behind them. */
    private Optional<Frame> saved(Value task, MemoryView memory) {
        if (description.context().isEmpty()) {
            return Optional.empty();
        }
        try {
            Value context = member(task, description.context().get());
            Map<String, Long> registers = description.layout().isEmpty() ? byMembers(context.target()) : byLayout(context.number(), memory);
            boolean isCall = registers.keySet().stream().noneMatch(FrameRegisters::isStackPointer);
            if (isCall) {
                registers.put("rsp", context.number() + (description.layout().isEmpty() ? context.target().type().size()
                        : (long) description.layout().size() * Long.BYTES));
            }
            return FrameRegisters.saved(registers).map(values -> new Frame(values, isCall, Frame.Found.SAVED));
        } catch (SymbolsException e) {
            // It never ran, or its structure is not complete yet.
            return Optional.empty();
        }
    }

    private static Map<String, Long> byMembers(Value context) {
        Map<String, Long> registers = new TreeMap<>();
        if (context.type().plain() instanceof Type.Struct struct) {
            Value fetched = context.fetched();
            struct.members().stream().flatMap(member -> member.name().stream()).filter(FrameRegisters::isName)
                    .forEach(name -> registers.put(name, fetched.member(name).number()));
        }
        return registers;
    }

    private Map<String, Long> byLayout(long address, MemoryView memory) {
        Map<String, Long> registers = new TreeMap<>();
        for (int i = 0; i < description.layout().size(); i++) {
            if (!description.layout().get(i).equals("-")) {
                registers.put(description.layout().get(i), memory.number(address + (long) i * Long.BYTES, Long.BYTES));
            }
        }
        return registers;
    }
}
