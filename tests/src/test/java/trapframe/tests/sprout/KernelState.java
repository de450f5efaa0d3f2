package trapframe.tests.sprout;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.MemoryView;
import trapframe.symbols.SymbolsException;
import trapframe.symbols.Value;

/**
 * What Sprout's scheduler knows at one moment, read from outside by symbol and type.
 *
 * @param tasks     the slots of {@code tasks}, free ones included, by address
 * @param cpus      the processors that have a running task
 * @param schedLock the scheduler's lock
 * @param nextId    the id that the next task will get
 * @param locks     every spinlock in a variable of the kernel that was made
 * @param queues    every wait queue in a variable of the kernel, and those that tasks wait in
 * @param mutexes   every mutex in a variable of the kernel
 * @param semaphores every semaphore in a variable of the kernel
 * @param objects   the reference-counted objects that can be found
 */
record KernelState(Map<Long, Task> tasks, List<Cpu> cpus, Lock schedLock, long nextId, List<Lock> locks, List<WaitQueue> queues,
        List<Mutex> mutexes, List<Semaphore> semaphores, List<KernelObject> objects) {

    record Queue(long first, long last) {
        static Queue of(Value queue) {
            return new Queue(queue.member("first").number(), queue.member("last").number());
        }
    }

    /** @param state the name of the constant; a number that is none as it is */
    record Task(int slot, long address, long id, String state, int cpu, String name, long joiner, long waitingIn, long wakeTime, long next,
            long partner, boolean calls, Queue senders) {
        static Task of(int slot, Value task) {
            Value rendezvous = task.member("rendezvous");
            return new Task(slot, task.address(), task.member("id").number(), task.member("state").toString(), (int) task.member("cpu").number(),
                    task.member("name").string(), task.member("joiner").number(), task.member("waiting_in").number(),
                    task.member("wake_time").number(), task.member("next").number(), rendezvous.member("partner").number(),
                    rendezvous.member("calls").number() != 0, Queue.of(rendezvous.member("senders")));
        }

        boolean is(String... states) {
            return List.of(states).contains(state);
        }

        @Override
        public String toString() {
            return "tasks[" + slot + "] (" + name + ", " + state + ")";
        }
    }

    /** @param sleepers the first of the tasks that wait for a time */
    record Cpu(int number, long current, long idle, Queue runQueue, long sleepers) {
        static Cpu of(Value cpu) {
            return new Cpu((int) cpu.member("id").number(), cpu.member("current").number(), cpu.member("idle").number(),
                    Queue.of(cpu.member("run_queue")), cpu.member("timer").member("sleepers").number());
        }
    }

    /** @param next the ticket that the next one to ask gets; {@code serving} is the one that has the lock */
    record Lock(String path, long address, int next, int serving, int owner, long holder) {
        static final int NO_OWNER = -1;

        static Lock of(String path, Value lock) {
            return new Lock(path, lock.address(), (int) lock.member("next").number(), (int) lock.member("serving").number(),
                    (int) lock.member("owner").number(), lock.member("holder").number());
        }

        boolean isHeld() {
            return next != serving;
        }
    }

    /** @param state of the tasks that wait in it */
    record WaitQueue(String path, long address, String state, Queue waiting) {
        static WaitQueue of(String path, Value queue) {
            return new WaitQueue(path, queue.address(), queue.member("state").toString(), Queue.of(queue.member("waiting")));
        }
    }

    record Mutex(String path, Lock lock, long owner, WaitQueue queue) { }

    record Semaphore(String path, Lock lock, long count, WaitQueue queue) { }

    /** @param found how many capabilities of it were found; there may be more */
    record KernelObject(String path, long references, long capabilities, int found) { }

    /** Reads the state; empty until the scheduler has begun. */
    static Optional<KernelState> read(KernelVariables variables, MemoryView memory) {
        KernelSymbols symbols = variables.symbols();
        Value cpus = symbols.value("cpus", memory);
        if (memory.read(cpus.address(), 1).length == 0) {
            return Optional.empty();
        }
        List<Cpu> running = cpus.fetched().elements().stream().map(Cpu::of).filter(cpu -> cpu.current() != 0 && cpu.idle() != 0).toList();
        if (running.isEmpty()) {
            return Optional.empty();
        }
        Map<Long, Task> tasks = new HashMap<>();
        List<Value> slots = symbols.value("tasks", memory).fetched().elements();
        for (int i = 0; i < slots.size(); i++) {
            tasks.put(slots.get(i).address(), Task.of(i, slots.get(i)));
        }
        Map<Long, WaitQueue> queues = new HashMap<>();
        List<WaitQueue> inOrder = new ArrayList<>();
        variables.in("struct wait_queue", memory).forEach((path, queue) -> add(WaitQueue.of(path, queue), queues, inOrder));
        for (Value slot : slots) {
            Value queue = slot.member("waiting_in");
            if (!queue.isNull()) {
                add(readQueue(queue, memory), queues, inOrder);
            }
        }
        List<Lock> locks = new ArrayList<>();
        boolean makesProcess = Lock.of("processes_lock", symbols.value("processes_lock", memory)).isHeld();
        variables.in("struct spinlock", memory).forEach((path, lock) -> {
            if (isMade(lock) && !(makesProcess && path.startsWith("processes["))) {
                locks.add(Lock.of(path, lock));
            }
        });
        List<Mutex> mutexes = new ArrayList<>();
        variables.in("struct mutex", memory).forEach((path, mutex) -> mutexes.add(new Mutex(path, Lock.of(path, mutex.member("lock")),
                mutex.member("owner").number(), WaitQueue.of(path, mutex.member("waiting")))));
        List<Semaphore> semaphores = new ArrayList<>();
        variables.in("struct semaphore", memory).forEach((path, semaphore) -> semaphores.add(new Semaphore(path,
                Lock.of(path, semaphore.member("lock")), semaphore.member("count").number(), WaitQueue.of(path, semaphore.member("waiting")))));
        return Optional.of(new KernelState(tasks, running, Lock.of("sched_lock", symbols.value("sched_lock", memory)),
                symbols.value("'sched/task.c'::next_id", memory).number(), locks,
                inOrder, mutexes, semaphores, KernelObjects.find(symbols, memory)));
    }

    /** Those in a slot of a table that was never used are not, and those of a process that is being made may be half made. */
    private static boolean isMade(Value lock) {
        return !lock.member("name").isNull();
    }

    private static void add(WaitQueue queue, Map<Long, WaitQueue> known, List<WaitQueue> inOrder) {
        if (known.putIfAbsent(queue.address(), queue) == null) {
            inOrder.add(queue);
        }
    }

    /** A queue that a task says that it waits in may be anywhere, the kernel's heap and stacks included, and nowhere if it is wrong. */
    private static WaitQueue readQueue(Value pointer, MemoryView memory) {
        try {
            return WaitQueue.of("what " + pointer + " points to", pointer.target());
        } catch (SymbolsException e) {
            return new WaitQueue("nothing at " + pointer, pointer.number(), "TASK_FREE", new Queue(0, 0));
        }
    }

    /** The task of an address; a slot that does not exist if nothing is there. */
    Task task(long address) {
        return tasks.getOrDefault(address, new Task(-1, address, 0, "no task at 0x" + Long.toHexString(address), 0, "", 0, 0, 0, 0, 0, false,
                new Queue(0, 0)));
    }

    boolean isIdle(Task task) {
        return cpus.stream().anyMatch(cpu -> cpu.idle() == task.address());
    }
}
