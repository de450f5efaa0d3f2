package trapframe.diagnose.why;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import trapframe.symbols.SourceFrame;

/** An {@link Explanation} as people read it in a terminal, the most important first. */
public final class ExplanationText {
    private static final String INDENT = "    ";
    /** Of a stack with more functions than this the middle is left out. */
    private static final int MOST_SHOWN = 28;
    private static final int FIRST_SHOWN = 20;
    private static final int LAST_SHOWN = 4;

    private final Explanation explanation;
    private final List<String> lines = new ArrayList<>();

    private ExplanationText(Explanation explanation) {
        this.explanation = explanation;
    }

    /** The lines, without line ends. */
    public static List<String> of(Explanation explanation) {
        ExplanationText text = new ExplanationText(explanation);
        text.lines.add("the guest " + explanation.outcome());
        text.summary();
        explanation.chain().forEach(text::link);
        text.circle();
        explanation.polls().forEach(text::polling);
        explanation.unanswered().forEach(text::unanswered);
        new TaskText(explanation, text.lines).add();
        explanation.inService().forEach(text::inService);
        explanation.nesting().forEach(text::nesting);
        explanation.stale().ifPresent(text::stale);
        explanation.failure().ifPresent(text::failure);
        new PoolText(explanation, text.lines).add();
        explanation.lastInterrupts().forEach(text::lastInterrupt);
        text.others();
        InterruptText.add(explanation.cpus(), text.lines);
        return List.copyOf(text.lines);
    }

    /** The causes, a sentence each. */
    private void summary() {
        for (Link link : explanation.chain()) {
            lines.add(link.waiter() + " waits for " + name(link.awaited()) + link.held().map(held -> (link.awaited().lock().isPresent()
                    ? ", which " + held.taken().by() + " took in " : ", written last by " + held.taken().by() + " in ") + held.from()
                    + switch (held.now()) {
                        case Held.Interrupted interrupted -> "; it was interrupted in " + interrupted.at()
                                + interrupted.delivery().map(delivery -> " by " + delivery.words()).orElse("");
                        case Held.Stopped stopped -> "; it does not run, stopped in " + stopped.at();
                        case Held.Itself _ -> link.awaited().lock().isPresent() ? "; it is the same one" : "; nobody has changed it since";
                        case Held.Running running -> "; it is on CPU " + running.cpu();
                        case Held.Unknown _ -> "";
                    }).orElse(", which nobody has written"));
        }
        explanation.polls().forEach(each -> lines.add(each.poller() + " polls " + each.read().register().words() + ", which gives "
                + found(each.read()) + each.steady().map(steady -> "; that never changes: " + steady.why()).orElse("")));
        explanation.unanswered().forEach(each -> lines.add("CPU " + each.cpu() + " does not take vector " + each.vector() + ", which " + each.sent().by()
                + " sent it in " + each.sent().at().outermost() + ": its interrupts are off"));
        new TaskText(explanation, lines).summary();
        explanation.inService().forEach(each -> lines.add(each.controller() + " still has vector " + each.vector()
                + " in service, and lets no other of its kind through: its handler went back at position " + each.left()
                + " without an end of interrupt"));
        explanation.stale().ifPresent(each -> lines.add(each.use().by() + String.format(Locale.ROOT, " used a translation of 0x%x, at position %d, that the page"
                + " tables did not have any more: %s had changed them %,d before, in %s, and the TLB was not told", each.page(), each.use().position(),
                each.change().by(), each.use().position() - each.change().position(), each.change().at())));
        new PoolText(explanation, lines).summary();
        explanation.nesting().forEach(each -> lines.add(each.levels() + " interrupts are nested on the stack of CPU " + each.cpu() + ", "
                + each.times() + " of them came in " + each.handler() + each.allowed().map(allowed -> ", since interrupts are let in again in " + allowed.at().outermost())
                        .orElse("") + each.overflow().map(fault -> String.format(Locale.ROOT,
                                "; the stack was used up at 0x%x, where nothing is mapped: a double fault", fault.rsp())).orElse("")));
        explanation.failure().ifPresent(failure -> lines.add(failure.function() + "(" + number(failure.argument()) + ") made the kernel give up, called by "
                + failure.call().by() + failure.earlier().map(earlier -> "; " + earlier.by() + " had called it with the same argument "
                        + String.format(Locale.ROOT, "%,d before", failure.call().position() - earlier.position())).orElse("")));
        explanation.lastInterrupts().forEach(each -> lines.add(each.by() + " waits for an interrupt; the last one, " + each.words() + ", came "
                + String.format(Locale.ROOT, "%,d before", explanation.position() - each.position()) + ", in " + each.at().outermost() + ", before it came to wait"));
    }

    private void lastInterrupt(Delivery delivery) {
        lines.add("");
        lines.add(delivery.words() + " came at position " + delivery.position() + ago(delivery.position()) + " to " + delivery.by() + ", which was in "
                + delivery.at() + ":");
        stack(delivery.stack());
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
        return link.how().equals("spins") ? interrupts(link.waiter().cpu()) : "";
    }

    private String interrupts(int cpu) {
        return explanation.cpus().get(cpu).interruptsOn() ? " with interrupts on" : " with interrupts off";
    }

    /** As in "0x60, of which the loop looks at 0x1". */
    private static String found(RegisterRead read) {
        long whole = (1L << Byte.SIZE * read.register().bytes()) - 1;
        return hex(read.value()) + (read.tested().isPresent() && read.tested().getAsLong() != whole ? ", of which the loop looks at " + hex(read.tested().getAsLong()) : "")
                + read.wanted().map(value -> ", for " + hex(value)).orElse("");
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }

    private void polling(Polling polling) {
        RegisterRead read = polling.read();
        lines.add("");
        lines.add(polling.poller() + " spins in " + read.at() + interrupts(polling.poller().cpu()) + polling.since().map(this::since).orElse("")
                + ", polling " + read.register().words());
        lines.add(INDENT + read.instruction() + " gives " + found(read));
        lines.add(INDENT + polling.steady().map(steady -> "it is proved that the bits " + hex(steady.bits()) + " stay as they are: " + steady.why())
                .orElse("it is not proved that this stays so"));
        stack(polling.stack());
    }

    private String since(long position) {
        return " since position " + position;
    }

    private static String name(Awaited awaited) {
        return awaited.lock().flatMap(Awaited.Lock::name).or(awaited::name).orElse("the word at 0x" + Long.toHexString(awaited.linear()));
    }

    /** As CPUs that wait for the same word call it. */
    private String name(Load load) {
        return explanation.chain().stream().map(Link::awaited).filter(awaited -> awaited.linear() == load.linear()).findFirst().map(ExplanationText::name)
                .orElse("the word at 0x" + Long.toHexString(load.linear()));
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

    static String number(long value) {
        return value >= 0 && value < 1 << 20 ? Long.toString(value) : "0x" + Long.toHexString(value);
    }

    private void held(Link link, Held held) {
        boolean isLock = link.awaited().lock().isPresent();
        lines.add("");
        lines.add((isLock ? "held since position " : "written last at position ") + held.taken().position() + ago(held.taken().position())
                + " by " + held.taken().by() + (isLock ? ", taken in " : ", in ") + held.from() + ", by: " + held.taken().instruction());
        stack(held.taken().stack());
        lines.add("");
        now(held.now(), isLock);
    }

    private String ago(long position) {
        return ago(explanation, position);
    }

    static String ago(Explanation explanation, long position) {
        return String.format(Locale.ROOT, " (%,d before)", explanation.position() - position);
    }

    private void now(Held.Now now, boolean isLock) {
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
            case Held.Itself(int cpu) -> lines.add("CPU " + cpu + (isLock ? " waits for what it has itself" : " wrote that itself, and nobody has changed it since"));
            case Held.Running(int cpu, Stack stack) -> {
                lines.add((isLock ? "the holder" : "who wrote it") + " is on CPU " + cpu + ", in " + stack.top().outermost());
                stack(stack);
            }
            case Held.Unknown(String why) -> lines.add("where " + (isLock ? "the holder" : "who wrote it") + " is now is not known: " + why);
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

    private void nesting(Nesting nesting) {
        nesting.innermost().ifPresent(delivery -> {
            lines.add("");
            lines.add("the innermost of the nested interrupts, " + delivery.words() + ", was taken at position " + delivery.position() + " in "
                    + delivery.at());
            stack(delivery.stack());
        });
        nesting.allowed().ifPresent(allowed -> {
            lines.add("");
            lines.add("interrupts had been turned on at position " + allowed.position() + ", in " + allowed.at().outermost() + ", by: " + allowed.instruction());
            stack(allowed.stack());
        });
    }

    private void failure(Failure failure) {
        lines.add("");
        lines.add(failure.function() + "(" + number(failure.argument()) + ") was called at position " + failure.call().position() + " by "
                + failure.call().by());
        stack(failure.call().stack());
        failure.earlier().ifPresent(earlier -> {
            lines.add("and before that at position " + earlier.position() + " by " + earlier.by());
            stack(earlier.stack());
        });
    }

    private void stale(Stale each) {
        lines.add("");
        lines.add(String.format(Locale.ROOT, "the page 0x%x led to physical 0x%x until position %d%s, when %s changed the page tables, by: %s", each.page(),
                each.physical(), each.change().position(), ago(each.change().position()), each.change().by(), each.change().instruction()));
        stack(each.change().stack());
        each.writer().ifPresent(writer -> {
            lines.add("what is there was written at position " + writer.position() + ago(writer.position()) + " by " + writer.by() + ": "
                    + writer.instruction());
            stack(writer.stack());
        });
        lines.add("and at position " + each.use().position() + ago(each.use().position()) + " " + each.use().by() + " still used it, by: "
                + each.use().instruction() + ", while the page tables " + (each.mapped().isEmpty() ? "had nothing there"
                        : "led to physical 0x" + Long.toHexString(each.mapped().getAsLong())) + "; no INVLPG and no load of CR3 came before on CPU " + each.cpu());
        stack(each.use().stack());
    }

    private void unanswered(Unanswered each) {
        lines.add("");
        lines.add("vector " + each.vector() + " was sent to CPU " + each.cpu() + " at position " + each.sent().position() + ago(each.sent().position()) + " by "
                + each.sent().by() + ", by: " + each.sent().instruction());
        stack(each.sent().stack());
    }

    private void inService(InService each) {
        lines.add("");
        lines.add("vector " + each.vector() + " was taken last at position " + each.taken().position() + ago(each.taken().position()) + ", by "
                + each.taken().by() + " in " + each.taken().at());
        each.branch().ifPresent(branch -> {
            lines.add("  and left the way to the end of interrupt behind " + branch.at() + ": " + branch.instruction());
            stack(branch.stack());
        });
        each.usual().ifPresent(usual -> {
            lines.add("  the time before, at position " + usual.position() + ", it was acknowledged in " + usual.at() + ": "
                    + usual.instruction());
            stack(usual.stack());
        });
    }

    /** The CPUs that are in no link. */
    private void others() {
        for (CpuNow cpu : explanation.cpus()) {
            if (explanation.chain().stream().noneMatch(link -> link.waiter().cpu() == cpu.cpu())
                    && explanation.polls().stream().noneMatch(polling -> polling.poller().cpu() == cpu.cpu())) {
                lines.add("");
                lines.add("CPU " + cpu.cpu() + cpu.task().map(task -> ", " + task + ",").orElse("") + " " + cpu.does() + " in "
                        + cpu.stack().top() + interrupts(cpu.cpu()) + cpu.spin().flatMap(Spin::since).map(this::since).orElse("")
                        + cpu.spin().flatMap(Spin::awaited).map(load -> ", waiting for " + name(load)).orElse(""));
                stack(cpu.stack());
            }
        }
    }

    private void stack(Stack stack) {
        stack(stack, lines);
    }

    static void stack(Stack stack, List<String> lines) {
        List<Stack.Entry> entries = stack.entries();
        int cut = entries.size() > MOST_SHOWN ? entries.size() - LAST_SHOWN : 0;
        for (int i = 0; i < entries.size(); i++) {
            Stack.Entry entry = entries.get(i);
            if (cut > 0 && i >= FIRST_SHOWN && i < cut) {
                if (i == FIRST_SHOWN) {
                    lines.add(INDENT + "... " + (cut - FIRST_SHOWN) + " more");
                }
                continue;
            }
            if (entry.interrupted()) {
                lines.add(INDENT + "--- interrupted:");
            }
            String address = "0x" + Long.toHexString(entry.place().address());
            if (entry.place().source().isEmpty()) {
                lines.add(INDENT + address + entry.place().symbol().map(symbol -> " " + symbol).orElse("") + guessed(entry));
            }
            for (SourceFrame frame : entry.place().source()) {
                lines.add(INDENT + address + " " + Place.words(frame) + (frame.inlined() ? " inlined" : "") + guessed(entry));
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
