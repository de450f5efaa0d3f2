package trapframe.diagnose.why;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import trapframe.symbols.tasks.Task.Activity;

/** What an {@link Explanation} says of tasks: those in a circle first, then those that have missed something, then the others. */
final class TaskText {
    private final Explanation explanation;
    private final List<String> lines;

    TaskText(Explanation explanation, List<String> lines) {
        this.explanation = explanation;
        this.lines = lines;
    }

    /** The causes, a sentence each. */
    void summary() {
        for (int index : explanation.taskCircle()) {
            TaskNow task = explanation.tasks().get(index);
            TaskWait wait = task.waiting().orElseThrow();
            lines.add(task.name() + " waits for " + wait.object().orElse(wait.what()) + wait.owner().map(held -> ", which "
                    + explanation.tasks().get(wait.on().orElseThrow()).name() + " took in " + held.from()).orElse(""));
        }
        explanation.tasks().stream().filter(task -> task.activity() == Activity.READY).forEach(task -> lines.add(task.name()
                + " is ready, but all CPUs wait" + task.ready().map(event -> event.stack().interrupted()
                        .map(place -> "; " + event.by() + " was interrupted in " + place + " when it became that").orElse("; " + event.by()
                                + " made it that in " + event.at())).orElse("")));
        explanation.tasks().stream().filter(TaskText::hasMissed).forEach(task -> {
            TaskWait wait = task.waiting().orElseThrow();
            Missed missed = wait.missed().orElseThrow();
            lines.add(task.name() + " sleeps, waiting for " + wait.object().orElse(wait.what()) + ", but " + missed.change().by() + " changed "
                    + missed.what() + " before it slept, in " + missed.change().at() + missed.meanwhile().map(TaskText::meanwhile).orElse(""));
        });
    }

    private static String meanwhile(Stack stack) {
        return ", while it was " + stack.interrupted().filter(place -> place.symbol().isPresent()).map(place -> "interrupted in " + place)
                .orElseGet(() -> "stopped in " + stack.top());
    }

    void add() {
        List<TaskNow> tasks = explanation.tasks();
        List<Integer> circle = explanation.taskCircle();
        if (!circle.isEmpty()) {
            lines.add("");
            lines.add("a circle: " + circle.stream().map(index -> tasks.get(index).name() + " waits for ")
                    .reduce("", String::concat) + tasks.get(circle.getFirst()).name());
            circle.forEach(index -> blocked(tasks.get(index)));
        }
        List<TaskNow> others = tasks.stream().filter(task -> !circle.contains(tasks.indexOf(task))).toList();
        others.stream().filter(TaskText::hasMissed).forEach(this::blocked);
        others.stream().filter(task -> task.activity() == Activity.READY).forEach(this::ready);
        grouped(others.stream().filter(task -> task.activity() == Activity.BLOCKED && !hasMissed(task)).toList());
        others.stream().filter(task -> task.activity() == Activity.EXITED).forEach(task -> lines.add(task.name() + ": " + task.state()));
    }

    private static boolean hasMissed(TaskNow task) {
        return task.waiting().flatMap(TaskWait::missed).isPresent();
    }

    private void blocked(TaskNow task) {
        TaskWait wait = task.waiting().orElseThrow();
        lines.add("");
        lines.add(task.name() + ", " + task.state() + wait.slept().map(event -> " since position " + event.position() + ago(event)).orElse("")
                + ", waits for " + wait.object().map(object -> object + " in ").orElse("") + wait.what() + call(task));
        task.stack().ifPresent(stack -> ExplanationText.stack(stack, lines));
        wait.owner().ifPresent(owner -> owner(wait, owner));
        wait.missed().ifPresent(missed -> missed(task, wait, missed));
    }

    /** Tasks that wait in the same place for the same. */
    private void grouped(List<TaskNow> tasks) {
        List<List<TaskNow>> groups = new ArrayList<>();
        for (TaskNow task : tasks) {
            groups.stream().filter(group -> isTheSame(group.getFirst(), task)).findFirst().orElseGet(() -> {
                groups.add(new ArrayList<>());
                return groups.getLast();
            }).add(task);
        }
        groups.forEach(group -> {
            TaskWait wait = group.getFirst().waiting().orElseThrow();
            lines.add("");
            lines.add(group.stream().map(TaskNow::name).collect(Collectors.joining(", ")) + ": " + group.getFirst().state() + ", waiting for "
                    + wait.object().map(object -> object + " in ").orElse("") + wait.what() + wait.on().filter(_ -> wait.owner().isPresent())
                            .map(index -> ", which " + explanation.tasks().get(index).name() + " has").orElse("") + call(group.getFirst()));
            group.getFirst().stack().ifPresent(stack -> ExplanationText.stack(stack, lines));
        });
    }

    private static boolean isTheSame(TaskNow one, TaskNow other) {
        TaskWait wait = one.waiting().orElseThrow();
        TaskWait others = other.waiting().orElseThrow();
        return one.state().equals(other.state()) && wait.what().equals(others.what()) && wait.object().equals(others.object())
                && wait.on().equals(others.on()) && one.call().equals(other.call()) && one.stack().equals(other.stack());
    }

    private static String call(TaskNow task) {
        return task.call().map(call -> ", in " + call(call)).orElse("");
    }

    static String call(SystemCall call) {
        return call.name().orElse("system call " + call.number()) + call.arguments().stream().map(ExplanationText::number)
                .collect(Collectors.joining(", ", "(", ")"));
    }

    private void owner(TaskWait wait, Held held) {
        lines.add("  which " + wait.on().map(index -> explanation.tasks().get(index).name()).orElse("somebody") + " has since position "
                + held.taken().position() + ago(held.taken()) + ", taken in " + held.from());
        ExplanationText.stack(held.taken().stack(), lines);
    }

    private void missed(TaskNow task, TaskWait wait, Missed missed) {
        Optional<Long> slept = wait.slept().map(Event::position);
        missed.test().ifPresent(test -> {
            lines.add("  it looked at " + missed.what() + " at position " + test.position() + ", in " + test.at() + missed.before()
                    .map(value -> ", and found " + value).orElse(""));
            ExplanationText.stack(test.stack(), lines);
        });
        lines.add("  " + missed.what() + " was changed at position " + missed.change().position() + missed.after().map(value -> " to " + value).orElse("") + " by " + missed.change().by() + ", in " + missed.change().at()
                + slept.map(position -> position > missed.change().position() ? String.format(Locale.ROOT, ": %,d before it slept, so that nobody woke it",
                        position - missed.change().position()) : ", and it was not woken").orElse(""));
        ExplanationText.stack(missed.change().stack(), lines);
        missed.meanwhile().ifPresent(stack -> {
            lines.add("  " + task.name() + " was there meanwhile:");
            ExplanationText.stack(stack, lines);
        });
        missed.look().ifPresent(look -> {
            lines.add("  " + look.by() + " looked at the state of " + task.name() + " at position " + look.position()
                    + ", before it slept, and left it: in " + look.at());
            ExplanationText.stack(look.stack(), lines);
        });
    }

    private void ready(TaskNow task) {
        lines.add("");
        lines.add(task.name() + " is ready" + task.ready().map(event -> " since position " + event.position() + ago(event) + ", made so by "
                + event.by() + " in " + event.at()).orElse("") + ", and does not run");
        task.ready().ifPresent(event -> ExplanationText.stack(event.stack(), lines));
    }

    private String ago(Event event) {
        return ExplanationText.ago(explanation, event.position());
    }
}
