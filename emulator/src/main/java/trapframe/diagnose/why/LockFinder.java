package trapframe.diagnose.why;

import java.util.Optional;
import java.util.OptionalLong;
import trapframe.capstone.DecodedInstruction;
import trapframe.capstone.Operand;
import trapframe.cpu.Cpu;
import trapframe.cpu.Watch;
import trapframe.timeline.Moment;

/** Finds how a word came to be what it is, and whether it is a lock, by the instructions that wrote it. */
final class LockFinder {
    /** A lock's words lie in one such piece of memory. */
    private static final int NEIGHBOURS = 16;

    private final Scene scene;
    private final History history;

    LockFinder(Scene scene) {
        this.scene = scene;
        history = new History(scene);
    }

    /**
     * How a lock was taken, or a word written.
     *
     * @param lock   how, if it is a lock
     * @param access that did it; empty if nothing did since the start of the run
     */
    record Taken(Optional<Awaited.Lock> lock, Optional<History.Access> access) { }

    /**
     * Of the word that a spinning CPU waits for. The timeline stands before what is found.
     *
     * @param from a moment from which on the word did not change
     */
    Taken find(Load awaited, int waiter, Moment from) {
        long physical = awaited.physical().getAsLong();
        Optional<History.Access> change = history.lastChange(physical, awaited.bytes(), from);
        Optional<Awaited.Kind> kind = change.flatMap(History.Access::instruction).filter(DecodedInstruction::isAtomic).map(LockFinder::kind);
        if (kind.isPresent() && kind.get() != Awaited.Kind.TICKET && !countsUp(awaited, change.get())) {
            return new Taken(Optional.of(new Awaited.Lock(kind.get(), physical, OptionalLong.empty(), LockNames.of(awaited.linear(), scene.symbols()))), change);
        }
        Optional<Taken> ticket = awaited.bytes() <= Integer.BYTES ? ticket(awaited, waiter, from) : Optional.empty();
        if (ticket.isPresent()) {
            return ticket.get();
        }
        change.ifPresent(access -> scene.timeline().goTo(access.moment()));
        Optional<Awaited.Lock> retried = awaited.atomic() ? Optional.of(new Awaited.Lock(Awaited.Kind.OTHER, physical, OptionalLong.empty(),
                LockNames.of(awaited.linear(), scene.symbols()))) : Optional.empty();
        return new Taken(retried, change);
    }

    /** Whether a word was made larger, and is to become larger still: it tells how many have come, and nobody has it. */
    private static boolean countsUp(Load awaited, History.Access change) {
        OptionalLong value = awaited.value();
        return value.isPresent() && change.before() < value.getAsLong() && awaited.wanted().filter(wanted -> wanted > value.getAsLong()).isPresent();
    }

    private static Awaited.Kind kind(DecodedInstruction instruction) {
        return switch (instruction.operation()) {
            case "xchg" -> Awaited.Kind.EXCHANGE;
            case "cmpxchg" -> Awaited.Kind.COMPARE_EXCHANGE;
            case "bts" -> Awaited.Kind.BIT;
            case "xadd" -> Awaited.Kind.TICKET;
            default -> Awaited.Kind.OTHER;
        };
    }

    /** Of a ticket lock: the XADD that gave its taker the ticket that is served now. */
    private Optional<Taken> ticket(Load awaited, int waiter, Moment from) {
        scene.timeline().goTo(from);
        long physical = awaited.physical().getAsLong();
        long serving = scene.number(physical, awaited.bytes());
        Optional<History.Access> own = history.last(physical & -NEIGHBOURS, NEIGHBOURS, Watch.Kind.WRITE, from,
                access -> access.cpu() == waiter && access.instruction().filter(LockFinder::isXadd).isPresent());
        if (own.isEmpty()) {
            return Optional.empty();
        }
        Operand.Memory counter = own.get().instruction().get().memory().get();
        Cpu cpu = scene.cpu(waiter);
        long next = cpu.physical(Scene.address(own.get().instruction().get(), counter, cpu.snapshot())).orElse(-1);
        if (next < 0 || next == physical) {
            return Optional.empty();
        }
        Awaited.Lock lock = new Awaited.Lock(Awaited.Kind.TICKET, next, OptionalLong.of(serving), LockNames.of(awaited.linear(), scene.symbols()));
        return Optional.of(new Taken(Optional.of(lock), history.last(next, counter.size(), Watch.Kind.WRITE, own.get().moment(),
                access -> access.before() == serving && access.instruction().filter(LockFinder::isXadd).isPresent())));
    }

    private static boolean isXadd(DecodedInstruction instruction) {
        return instruction.isAtomic() && instruction.operation().equals("xadd");
    }
}
