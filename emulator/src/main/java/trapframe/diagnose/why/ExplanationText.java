package trapframe.diagnose.why;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import trapframe.symbols.SourceFrame;

/** An {@link Explanation} as people read it in a terminal, the most important first. */
public final class ExplanationText {
    private static final String INDENT = "    ";

    private final Explanation explanation;
    private final List<String> lines = new ArrayList<>();

    private ExplanationText(Explanation explanation) {
        this.explanation = explanation;
    }

    /** The lines, without line ends. */
    public static List<String> of(Explanation explanation) {
        ExplanationText text = new ExplanationText(explanation);
        text.lines.add("the guest " + explanation.outcome());
        explanation.chain().forEach(text::link);
        text.circle();
        text.others();
        return List.copyOf(text.lines);
    }

    private void link(Link link) {
        Awaited awaited = link.awaited();
        lines.add("");
        lines.add(link.waiter() + " " + link.how() + " in " + link.at() + interrupts(link) + link.since().map(this::since).orElse("")
                + ", waiting for " + name(awaited));
        lines.add(INDENT + details(awaited));
        stack(link.stack());
        link.held().ifPresentOrElse(held -> held(link, held),
                () -> lines.add("nobody has written it since the start of the run"));
    }

    private String interrupts(Link link) {
        return link.how().equals("spins") ? explanation.cpus().get(link.waiter().cpu()).interruptsOn() ? " with interrupts on"
                : " with interrupts off" : "";
    }

    private String since(long position) {
        return " since position " + position;
    }

    private static String name(Awaited awaited) {
        return awaited.lock().flatMap(Awaited.Lock::name).or(awaited::name).orElse("the word at 0x" + Long.toHexString(awaited.linear()));
    }

    private static String details(Awaited awaited) {
        StringBuilder text = new StringBuilder();
        awaited.lock().ifPresent(lock -> text.append("a ").append(lock.kind().words()).append(" at physical 0x")
                .append(Long.toHexString(lock.physical())).append("; "));
        text.append("the loop looks at ").append(awaited.name().map(name -> name + ", ").orElse("")).append("0x")
                .append(Long.toHexString(awaited.linear()));
        awaited.physical().ifPresent(physical -> text.append(" (physical 0x").append(Long.toHexString(physical)).append(")"));
        awaited.value().ifPresent(value -> text.append(", which is ").append(number(value)));
        awaited.wanted().ifPresent(value -> text.append(", for ").append(number(value)));
        return text.toString();
    }

    private static String number(long value) {
        return value >= 0 && value < 1 << 20 ? Long.toString(value) : "0x" + Long.toHexString(value);
    }

    private void held(Link link, Held held) {
        boolean isLock = link.awaited().lock().isPresent();
        lines.add("");
        lines.add((isLock ? "held since position " : "written last at position ") + held.taken().position() + ago(held.taken().position())
                + " by " + held.taken().by() + (isLock ? ", taken in " : ", in ") + held.from() + ", by: " + held.taken().instruction());
        stack(held.taken().stack());
        lines.add("");
        now(held.now());
    }

    private String ago(long position) {
        return String.format(Locale.ROOT, " (%,d before)", explanation.position() - position);
    }

    private void now(Held.Now now) {
        switch (now) {
            case Held.Interrupted interrupted -> {
                lines.add("and then interrupted at " + interrupted.at() + by(interrupted.delivery()) + (interrupted.underWaiter()
                        ? ": what waits runs above it on the stack of CPU " + interrupted.cpu() + ", so that it never goes on"
                        : ": it lies under what CPU " + interrupted.cpu() + " does now"));
                stack(interrupted.stack());
            }
            case Held.Stopped stopped -> {
                lines.add(stopped.task().orElse("the holder") + " does not run" + stopped.state().map(state -> " (" + state + ")").orElse("")
                        + ": it is to go on at " + stopped.at() + stopped.delivery().map(each -> ", where it was stopped"
                                + by(stopped.delivery())).orElse(""));
                stack(stopped.stack());
            }
            case Held.Itself(int cpu) -> lines.add("CPU " + cpu + " waits for what it has itself");
            case Held.Running(int cpu, Stack stack) -> {
                lines.add("the holder is on CPU " + cpu + ", in " + stack.top());
                stack(stack);
            }
            case Held.Unknown(String why) -> lines.add("where the holder is now is not known: " + why);
        }
    }

    private String by(Optional<Delivery> delivery) {
        return delivery.map(each -> " by " + each.words() + " at position " + each.position() + ago(each.position())).orElse("");
    }

    private void circle() {
        if (explanation.circle().isPresent()) {
            Link first = explanation.chain().get(explanation.circle().getAsInt());
            lines.add("");
            lines.add("a circle: " + (explanation.chain().size() - explanation.circle().getAsInt() == 1
                    ? first.waiter() + " waits for what cannot go on before the wait ends"
                    : "the last one waits for " + first.waiter()));
        }
    }

    /** The CPUs that are in no link. */
    private void others() {
        for (CpuNow cpu : explanation.cpus()) {
            if (explanation.chain().stream().noneMatch(link -> link.waiter().cpu() == cpu.cpu())) {
                lines.add("");
                lines.add("CPU " + cpu.cpu() + cpu.task().map(task -> ", " + task + ",").orElse("") + " " + cpu.does() + " in "
                        + cpu.stack().top() + (cpu.interruptsOn() ? " with interrupts on" : " with interrupts off"));
                stack(cpu.stack());
            }
        }
    }

    private void stack(Stack stack) {
        for (Stack.Entry entry : stack.entries()) {
            if (entry.interrupted()) {
                lines.add(INDENT + "--- interrupted:");
            }
            String address = "0x" + Long.toHexString(entry.place().address()) + " ";
            if (entry.place().source().isEmpty()) {
                lines.add(INDENT + address + entry.place().symbol().orElse("") + guessed(entry));
            }
            for (SourceFrame frame : entry.place().source()) {
                lines.add(INDENT + address + Place.words(frame) + (frame.inlined() ? " inlined" : "") + guessed(entry));
            }
        }
        if (!stack.end().isEmpty()) {
            lines.add(INDENT + "(" + stack.end() + ")");
        }
    }

    private static String guessed(Stack.Entry entry) {
        return entry.guessed() ? " (?)" : "";
    }
}
