package trapframe.diagnose.why;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import trapframe.cpu.Watch;
import trapframe.symbols.Backtrace;
import trapframe.symbols.DataPath;
import trapframe.symbols.FrameRegisters;
import trapframe.symbols.MemoryView;
import trapframe.symbols.Type;
import trapframe.symbols.Value;
import trapframe.symbols.tasks.CallRule;
import trapframe.symbols.tasks.Task;
import trapframe.symbols.tasks.Task.Activity;
import trapframe.symbols.tasks.TaskReader;
import trapframe.symbols.tasks.Wait;
import trapframe.timeline.Moment;

/** Finds out what the tasks of a kernel wait for, by the types of their structures and of what these lead to. */
final class TaskExplainer {
    private final Scene scene;
    private final Moment now;
    private final MemoryView memory;
    private final List<Task> tasks;
    private final TaskReader reader;

    /** @param now where the timeline stands */
    TaskExplainer(Scene scene, Moment now) {
        this.scene = scene;
        this.now = now;
        memory = scene.machine().cpus().getFirst()::look;
        tasks = scene.tasks();
        reader = scene.taskReader().orElse(null);
    }

    List<TaskNow> explain() {
        List<TaskNow> explained = new ArrayList<>();
        for (Task task : tasks) {
            scene.timeline().goTo(now);
            Optional<Backtrace> backtrace = task.saved().map(saved -> scene.backtrace(saved.registers(), memory));
            Optional<Stack> stack = backtrace.map(frames -> Stack.of(frames, scene.symbols()));
            Optional<SystemCall> call = backtrace.filter(_ -> task.activity() == Activity.BLOCKED).flatMap(this::call);
            Optional<TaskWait> wait = task.activity() == Activity.BLOCKED ? wait(task) : Optional.empty();
            // Some kernels say of the task that runs that it is ready.
            Activity activity = task.activity() == Activity.READY && task.cpu().isPresent() ? Activity.RUNNING : task.activity();
            Optional<Event> ready = activity == Activity.READY ? stateChange(task).map(this::event) : Optional.empty();
            explained.add(new TaskNow(task.toString(), task.state(), activity, stack, call, wait, ready));
        }
        scene.timeline().goTo(now);
        return explained;
    }

    /** The call of the program at the end of a stack. */
    private Optional<SystemCall> call(Backtrace backtrace) {
        FrameRegisters program = backtrace.frames().getLast().registers();
        if (reader.description().calls().isEmpty() || backtrace.frames().size() < 2 || program.rip() < 0) {
            return Optional.empty();
        }
        CallRule rule = reader.description().calls().get();
        OptionalLong number = program.get(rule.registers().getFirst());
        if (number.isEmpty()) {
            return Optional.empty();
        }
        Optional<String> name = rule.named().flatMap(scene.symbols()::type).map(Type::plain).filter(Type.Enumeration.class::isInstance)
                .flatMap(type -> ((Type.Enumeration) type).nameOf(number.getAsLong()));
        return Optional.of(new SystemCall(number.getAsLong(), name, rule.registers().stream().skip(1).map(program::get)
                .filter(OptionalLong::isPresent).map(OptionalLong::getAsLong).toList()));
    }

    private Optional<History.Access> stateChange(Task task) {
        Value state = reader.state(task, memory);
        return physical(state.address()).flatMap(physical -> new History(scene).lastChange(physical, (int) state.type().size(), now));
    }

    /**
     * When a task gave the processor up: the last write to the return address, or the interrupt's frame, that its saved registers lead to. A
     * sleeper's stack is touched by nobody, so that this is found fast.
     */
    private Optional<History.Access> slept(Task task) {
        scene.timeline().goTo(now);
        Optional<Long> slot = task.saved().flatMap(saved -> saved.isCall() ? Optional.of(saved.registers().rsp() - Long.BYTES)
                : Deliveries.slot(saved.registers(), scene.machine().cpus().getFirst()));
        Optional<History.Access> switched = slot.flatMap(this::physical)
                .flatMap(physical -> new History(scene).last(physical, Long.BYTES, Watch.Kind.WRITE, now, _ -> true));
        return switched.or(() -> stateChange(task));
    }

    private Optional<Long> physical(long linear) {
        OptionalLong found = scene.machine().cpus().getFirst().physical(linear);
        return found.isPresent() ? Optional.of(found.getAsLong()) : Optional.empty();
    }

    private Event event(History.Access access) {
        scene.timeline().goTo(access.moment());
        return scene.event(access.cpu());
    }

    private Optional<TaskWait> wait(Task task) {
        if (task.waitsFor().isEmpty()) {
            return Optional.of(new TaskWait("nothing that its structure tells", Optional.empty(), Optional.empty(), Optional.empty(),
                    Optional.empty(), Optional.empty()));
        }
        return Optional.of(switch (task.waitsFor().get()) {
            case Wait.Until(long time) -> new TaskWait("the time " + time, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(),
                    Optional.empty());
            case Wait.In(long address, Optional<String> name) -> inQueue(task, address, name);
            case Wait.ForTask(long other) -> forTask(task, other);
            case Wait.Exit(long other) -> forExit(task, other);
        });
    }

    private Optional<Integer> index(long address) {
        return tasks.stream().filter(task -> task.address() == address).findFirst().map(tasks::indexOf);
    }

    private String name(long address) {
        return index(address).map(index -> tasks.get(index).toString()).orElse("the task at 0x" + Long.toHexString(address));
    }

    private TaskWait inQueue(Task task, long queue, Optional<String> name) {
        Optional<DataPath.Part> object = container(task, queue);
        Optional<History.Access> slept = slept(task);
        Optional<Event> sleep = slept.map(this::event);
        scene.timeline().goTo(now);
        Optional<Value> owner = object.flatMap(this::owner);
        Optional<Held> held = owner.flatMap(this::held);
        MissedFinder missed = new MissedFinder(scene, now, task);
        Optional<Missed> change = object.isEmpty() || slept.isEmpty() || owner.isPresent() ? Optional.empty()
                : missed.change(slept.get().moment(), conditions(object.get(), queue));
        scene.timeline().goTo(now);
        return new TaskWait("the wait queue " + name.map(known -> '"' + known + '"').orElse("at 0x" + Long.toHexString(queue)),
                object.map(DataPath.Part::name), owner.flatMap(value -> index(value.number())), sleep, held, change);
    }

    /** The innermost structure that has a wait queue as a member. */
    private Optional<DataPath.Part> container(Task task, long queue) {
        Optional<Type> type = reader.waitField(task, memory).map(field -> field.type().plain()).filter(Type.Pointer.class::isInstance)
                .map(pointer -> ((Type.Pointer) pointer).target().get().plain());
        List<DataPath.Part> parts = scene.symbols().dataAt(queue).map(DataPath::parts).orElse(List.of());
        for (int i = 1; i < parts.size(); i++) {
            if (parts.get(i).address() == queue && isSame(type, parts.get(i).type())
                    && parts.get(i - 1).type().plain() instanceof Type.Struct) {
                return Optional.of(parts.get(i - 1));
            }
        }
        return Optional.empty();
    }

    /** Each file of a kernel has its own description of a type. */
    private static boolean isSame(Optional<Type> type, Type other) {
        return type.filter(each -> each.toString().equals(other.plain().toString()) && each.size() == other.size()).isPresent();
    }

    private List<Value> members(DataPath.Part object) {
        Value value = scene.symbols().value(object.type(), object.address(), memory);
        return ((Type.Struct) object.type().plain()).members().stream().flatMap(member -> member.name().stream()).map(value::member).toList();
    }

    /** A member that points to a task. */
    private Optional<Value> owner(DataPath.Part object) {
        return members(object).stream().filter(member -> member.type().plain() instanceof Type.Pointer)
                .filter(member -> index(member.number()).isPresent()).findFirst();
    }

    /** The members that are numbers and the like: what is tested before somebody waits is among them. */
    private List<MissedFinder.Cell> conditions(DataPath.Part object, long queue) {
        return members(object).stream().filter(member -> member.address() != queue && isScalar(member.type().plain()))
                .map(member -> new MissedFinder.Cell(scene.symbols().dataAt(member.address()).map(DataPath::toString).orElse("?"),
                        member.address(), member.type())).toList();
    }

    private static boolean isScalar(Type type) {
        return switch (type) {
            case Type.Base _, Type.Enumeration _, Type.Pointer _ -> type.size() <= Long.BYTES;
            default -> false;
        };
    }

    private Optional<Held> held(Value owner) {
        Optional<History.Access> taken = physical(owner.address()).flatMap(at -> new History(scene).lastChange(at, (int) owner.type().size(), now));
        return taken.map(access -> {
            scene.timeline().goTo(access.moment());
            Event event = scene.event(access.cpu());
            Backtrace then = scene.backtrace(scene.cpu(access.cpu()));
            Place from = LockNames.wanting(event.stack().entries().get(HolderFinder.wanting(then.frames(), scene)).place());
            return new Held(event, from, new HolderFinder(scene, now, now).find(then, access.cpu(), OptionalInt.empty()));
        });
    }

    private TaskWait forTask(Task task, long other) {
        Optional<History.Access> slept = slept(task);
        Optional<Event> sleep = slept.map(this::event);
        scene.timeline().goTo(now);
        Optional<Missed> missed = Optional.empty();
        Optional<Value> field = reader.waitField(task, memory);
        if (slept.isPresent() && field.isPresent()) {
            Value own = reader.around(task, field.get(), memory);
            missed = new MissedFinder(scene, now, task).answer(slept.get().moment(), cell(own), reader.state(task, memory), other);
        }
        scene.timeline().goTo(now);
        return new TaskWait(name(other), Optional.empty(), index(other), sleep, Optional.empty(), missed);
    }

    private MissedFinder.Cell cell(Value value) {
        String name = scene.symbols().dataAt(value.address()).flatMap(path -> path.parts().stream()
                .filter(part -> part.address() == value.address() && part.type().size() == value.type().size()).findFirst())
                .map(DataPath.Part::name).orElse("its " + value.type());
        return new MissedFinder.Cell(name, value.address(), value.type());
    }

    private TaskWait forExit(Task task, long other) {
        Optional<History.Access> slept = slept(task);
        Optional<Event> sleep = slept.map(this::event);
        scene.timeline().goTo(now);
        Optional<Missed> missed = Optional.empty();
        Optional<Task> ended = index(other).map(tasks::get).filter(each -> each.activity() == Activity.EXITED);
        if (slept.isPresent() && ended.isPresent()) {
            Value state = reader.state(ended.get(), memory);
            missed = new MissedFinder(scene, now, task).happened(slept.get().moment(), new MissedFinder.Cell("the state of " + ended.get(),
                    state.address(), state.type()));
        }
        scene.timeline().goTo(now);
        return new TaskWait("the end of " + name(other) + ended.map(each -> ", which is " + each.state()).orElse(""), Optional.empty(), index(other),
                sleep, Optional.empty(), missed);
    }
}
