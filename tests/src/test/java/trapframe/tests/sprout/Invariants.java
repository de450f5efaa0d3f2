package trapframe.tests.sprout;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import trapframe.tests.sprout.KernelState.Cpu;
import trapframe.tests.sprout.KernelState.Lock;
import trapframe.tests.sprout.KernelState.Queue;
import trapframe.tests.sprout.KernelState.Task;
import trapframe.tests.sprout.KernelState.WaitQueue;

/**
 * What must be true of Sprout's tasks, queues and locks at every instruction.
 *
 * <p>Whoever holds the scheduler's lock is about to change something: the running task, and one other at a time that goes from a queue to a
 * state or back. Of these two, and only then, something may be half done.
 */
final class Invariants {
    private static final int MAX_REFERENCES = 1 << 20;
    private static final List<String> STATES = List.of("TASK_FREE", "TASK_READY", "TASK_RUNNING", "TASK_SLEEPING", "TASK_SEND_BLOCKED",
            "TASK_RECV_BLOCKED", "TASK_REPLY_BLOCKED", "TASK_JOINING", "TASK_EXITED");

    /**
     * Something that is not as it must be.
     *
     * @param tasks the tasks of which one has to be in transit for this to be allowed; nobody: it never is
     */
    record Violation(String what, Set<Long> tasks) { }

    private final KernelState state;
    private final List<Violation> violations = new ArrayList<>();
    /** By task the queues that it is in. */
    private final Map<Long, List<String>> memberships = new HashMap<>();

    private Invariants(KernelState state) {
        this.state = state;
    }

    /** What is wrong, in words; nothing if all is well. */
    static List<String> violations(KernelState state) {
        Invariants check = new Invariants(state);
        check.run();
        return check.withoutTransit();
    }

    private void run() {
        checkSlots();
        checkRunQueues();
        checkSleepers();
        checkWaitQueues();
        checkRendezvous();
        checkJoins();
        checkThatEachTaskIsInOnePlace();
        checkLocks();
        checkIdle();
        checkObjects();
    }

    private void report(String what, Task... tasks) {
        Set<Long> addresses = new LinkedHashSet<>();
        Arrays.stream(tasks).forEach(task -> addresses.add(task.address()));
        violations.add(new Violation(what, addresses));
    }

    private List<String> withoutTransit() {
        if (state.schedLock().isHeld() && !violations.isEmpty()) {
            Set<Long> running = new HashSet<>();
            state.cpus().forEach(cpu -> running.add(cpu.current()));
            violations.removeIf(violation -> violation.tasks.stream().anyMatch(running::contains));
            if (!violations.isEmpty()) {
                // One task is in the hand of who holds the lock: all that is left has to be about it.
                for (long other : violations.getFirst().tasks) {
                    if (violations.stream().allMatch(violation -> violation.tasks.contains(other))) {
                        return List.of();
                    }
                }
            }
        }
        return violations.stream().map(Violation::what).toList();
    }

    private void checkSlots() {
        Map<Long, Task> ids = new HashMap<>();
        for (Task task : state.tasks().values()) {
            if (!STATES.contains(task.state())) {
                violations.add(new Violation(task + " has no valid state", Set.of()));
            }
            if (!task.is("TASK_FREE")) {
                Task other = ids.put(task.id(), task);
                if (other != null) {
                    report(task + " and " + other + " have the same id", task, other);
                }
                if (task.id() < 0 || task.id() >= state.nextId()) {
                    report(task + " has the id " + task.id() + ", which was never given", task);
                }
            }
        }
        for (Cpu cpu : state.cpus()) {
            Task current = state.task(cpu.current());
            if (!current.is("TASK_RUNNING")) {
                report("processor " + cpu.number() + " runs " + current, current);
            }
            Task[] others = state.tasks().values().stream().filter(task -> task.is("TASK_RUNNING") && task.cpu() == cpu.number()
                    && task.address() != cpu.current()).toArray(Task[]::new);
            if (others.length > 0) {
                report("processor " + cpu.number() + " runs " + current + ", but running is also " + Arrays.toString(others), others);
            }
        }
    }

    /** The tasks of a list, from the first on; the list may be broken. */
    private List<Task> walk(String name, Queue queue) {
        List<Task> members = new ArrayList<>();
        Task last = null;
        for (long at = queue.first(); at != 0 && members.size() <= state.tasks().size(); at = last.next()) {
            last = state.task(at);
            members.add(last);
            memberships.computeIfAbsent(at, key -> new ArrayList<>()).add(name);
        }
        if (members.size() > state.tasks().size()) {
            violations.add(new Violation(name + " goes in a circle", Set.of()));
            return List.of();
        }
        if (last != null && queue.last() != last.address()) {
            report(name + " ends with " + last + ", but its last is " + state.task(queue.last()), last, state.task(queue.last()));
        }
        return members;
    }

    private void checkRunQueues() {
        for (Cpu cpu : state.cpus()) {
            String name = "the run queue of processor " + cpu.number();
            for (Task task : walk(name, cpu.runQueue())) {
                if (!task.is("TASK_READY") || task.cpu() != cpu.number()) {
                    report(name + " holds " + task, task);
                }
                if (state.isIdle(task)) {
                    report(name + " holds the idle task", task);
                }
            }
        }
    }

    private void checkSleepers() {
        for (Cpu cpu : state.cpus()) {
            String name = "the list of sleepers of processor " + cpu.number();
            Task before = null;
            for (Task task : walk(name, new Queue(cpu.sleepers(), lastOf(cpu.sleepers())))) {
                if (!task.is("TASK_SLEEPING") || task.waitingIn() != 0 || task.cpu() != cpu.number()) {
                    report(name + " holds " + task, task);
                }
                if (before != null && before.wakeTime() > task.wakeTime()) {
                    report(name + " has " + before + " before " + task + ", which wakes earlier", before, task);
                }
                before = task;
            }
        }
    }

    /** That list has no pointer to its end. */
    private long lastOf(long first) {
        long last = first;
        for (int i = 0; i < state.tasks().size() && state.task(last).next() != 0; i++) {
            last = state.task(last).next();
        }
        return last;
    }

    private void checkWaitQueues() {
        for (WaitQueue queue : state.queues()) {
            for (Task task : walk("the wait queue " + queue.path(), queue.waiting())) {
                if (!task.is(queue.state()) || !task.is("TASK_SLEEPING", "TASK_JOINING") || task.waitingIn() != queue.address()) {
                    report("the wait queue " + queue.path() + " holds " + task + ", which waits in 0x" + Long.toHexString(task.waitingIn()), task);
                }
            }
        }
    }

    private void checkRendezvous() {
        for (Task receiver : state.tasks().values()) {
            List<Task> senders = walk("the senders to " + receiver, receiver.senders());
            for (Task sender : senders) {
                if (!sender.is("TASK_SEND_BLOCKED") || sender.partner() != receiver.address()) {
                    report(sender + " is among the senders to " + receiver, sender);
                }
                boolean isWanted = receiver.is("TASK_RECV_BLOCKED") && (receiver.partner() == 0 || receiver.partner() == sender.address());
                if (isWanted || receiver.is("TASK_EXITED", "TASK_FREE")) {
                    report(sender + " waits to send to " + receiver, sender, receiver);
                }
            }
            Task partner = state.task(receiver.partner());
            if (receiver.is("TASK_REPLY_BLOCKED") && !receiver.calls()) {
                report(receiver + " waits for a reply that it has already", receiver);
            }
            boolean needsPartner = receiver.is("TASK_REPLY_BLOCKED") || receiver.is("TASK_RECV_BLOCKED") && receiver.partner() != 0;
            if (needsPartner && partner.is("TASK_EXITED", "TASK_FREE")) {
                report(receiver + " waits for " + partner, receiver, partner);
            }
        }
    }

    private void checkJoins() {
        for (Task task : state.tasks().values()) {
            if (task.is("TASK_FREE") || task.joiner() == 0) {
                continue;
            }
            Task joiner = state.task(task.joiner());
            if (!joiner.is("TASK_JOINING", "TASK_READY", "TASK_RUNNING")) {
                report(task + " is joined by " + joiner, task, joiner);
            }
            if (task.is("TASK_EXITED") && joiner.is("TASK_JOINING")) {
                report(joiner + " waits for the exit of " + task, task, joiner);
            }
        }
        for (Task joiner : state.tasks().values()) {
            // Who waits for a child process, which is no task, waits in a queue.
            if (joiner.is("TASK_JOINING") && joiner.waitingIn() == 0) {
                Task[] joined = state.tasks().values().stream().filter(task -> task.joiner() == joiner.address()).toArray(Task[]::new);
                if (joined.length != 1) {
                    report(joiner + " joins " + Arrays.toString(joined), joiner);
                }
            }
        }
    }

    /** Adds up what runs, is in a queue, or waits for another task: it must be all tasks that there are, each once. */
    private void checkThatEachTaskIsInOnePlace() {
        for (Task task : state.tasks().values()) {
            List<String> places = memberships.getOrDefault(task.address(), List.of());
            int expected = switch (task.state()) {
                case "TASK_READY" -> state.isIdle(task) ? 0 : 1;
                case "TASK_SLEEPING", "TASK_SEND_BLOCKED" -> 1;
                case "TASK_JOINING" -> task.waitingIn() == 0 ? 0 : 1;
                default -> 0;
            };
            if (places.size() != expected) {
                report(task + " is in " + (places.isEmpty() ? "no queue" : String.join(" and ", places)), task);
            }
        }
    }

    private void checkLocks() {
        for (Lock lock : state.locks()) {
            Task holder = state.task(lock.holder());
            if (!lock.isHeld() && (lock.holder() != 0 || lock.owner() != Lock.NO_OWNER)) {
                violations.add(new Violation("the lock " + lock.path() + " is free, but held by " + holder, Set.of()));
            }
            if (Integer.compareUnsigned(lock.next() - lock.serving(), state.tasks().size()) > 0) {
                violations.add(new Violation("the lock " + lock.path() + " serves a ticket that nobody has", Set.of()));
            }
            // A task that exits has the scheduler's lock until the next one runs.
            boolean leaves = lock.address() == state.schedLock().address() && state.cpus().stream().anyMatch(cpu -> cpu.current() == lock.holder());
            if (lock.holder() != 0 && !leaves && !holder.is("TASK_READY", "TASK_RUNNING", "TASK_SLEEPING")) {
                violations.add(new Violation("the lock " + lock.path() + " is held by " + holder, Set.of()));
            }
        }
        for (KernelState.Mutex mutex : state.mutexes()) {
            Task owner = state.task(mutex.owner());
            if (mutex.owner() != 0 && owner.is("TASK_EXITED", "TASK_FREE") || owner.slot() < 0 && mutex.owner() != 0) {
                violations.add(new Violation("the mutex " + mutex.path() + " is owned by " + owner, Set.of()));
            }
        }
        Lock sched = state.schedLock();
        if (sched.holder() != 0 && state.cpus().stream().noneMatch(cpu -> cpu.current() == sched.holder())
                && !state.task(sched.holder()).is("TASK_RUNNING")) {
            violations.add(new Violation("the scheduler's lock is held by " + state.task(sched.holder()) + ", which does not run", Set.of()));
        }
    }

    /** When nobody can run, nobody may wait for what is there: who was woken would be ready. */
    private void checkIdle() {
        boolean allIdle = state.cpus().stream().allMatch(cpu -> cpu.current() == cpu.idle() && cpu.runQueue().first() == 0);
        if (!allIdle || state.schedLock().isHeld()) {
            return;
        }
        for (KernelState.Semaphore semaphore : state.semaphores()) {
            if (semaphore.count() > 0 && semaphore.queue().waiting().first() != 0) {
                report("nobody runs, but " + state.task(semaphore.queue().waiting().first()) + " waits for the semaphore " + semaphore.path()
                        + ", whose count is " + semaphore.count());
            }
        }
        for (KernelState.Mutex mutex : state.mutexes()) {
            if (mutex.owner() == 0 && mutex.queue().waiting().first() != 0) {
                report("nobody runs, but " + state.task(mutex.queue().waiting().first()) + " waits for the mutex " + mutex.path()
                        + ", which is free");
            }
        }
        checkMutexCircles();
    }

    private void checkMutexCircles() {
        Map<Long, KernelState.Mutex> byQueue = new HashMap<>();
        state.mutexes().forEach(mutex -> byQueue.put(mutex.queue().address(), mutex));
        for (Task start : state.tasks().values()) {
            Task at = start;
            for (int steps = 0; steps <= state.tasks().size() && byQueue.containsKey(at.waitingIn()); steps++) {
                at = state.task(byQueue.get(at.waitingIn()).owner());
                if (at.address() == start.address()) {
                    report(start + " waits for mutexes that lead back to itself");
                    return;
                }
            }
        }
    }

    private void checkObjects() {
        for (KernelState.KernelObject object : state.objects()) {
            if (object.references() < 0 || object.references() > MAX_REFERENCES || object.capabilities() < 0
                    || object.capabilities() > object.references()) {
                violations.add(new Violation(object.path() + " has " + object.references() + " references, of which "
                        + object.capabilities() + " are capabilities", Set.of()));
            } else if (object.found() > object.capabilities()) {
                violations.add(new Violation(object.path() + " has " + object.capabilities() + " capabilities, but " + object.found()
                        + " were found", Set.of()));
            }
        }
    }
}
