package trapframe.device.apic;

import java.util.List;
import trapframe.bus.Stateful;

/**
 * What was asked of a processor and what it works on: IRR, ISR and TMR of a {@link LocalApic}, and the task priority that
 * keeps requests back (SDM vol. 3A, section 11.8).
 */
final class PendingVectors implements Stateful<PendingVectors.State> {
    static final int NONE = VectorSet.NONE;

    private static final int CLASS = 0xf0;

    record State(int taskPriority, List<Long> inService, List<Long> levelTriggered, List<Long> requested) { }

    private final VectorSet inService = new VectorSet();
    private final VectorSet levelTriggered = new VectorSet();
    private final VectorSet requested = new VectorSet();
    private int taskPriority;

    void reset() {
        inService.clear();
        levelTriggered.clear();
        requested.clear();
        taskPriority = 0;
    }

    /** ISR. */
    VectorSet inService() {
        return inService;
    }

    /** TMR. */
    VectorSet levelTriggered() {
        return levelTriggered;
    }

    /** IRR. */
    VectorSet requested() {
        return requested;
    }

    /** TPR. */
    int taskPriority() {
        return taskPriority;
    }

    void setTaskPriority(int value) {
        taskPriority = value & 0xff;
    }

    void request(int vector, boolean level) {
        requested.set(vector, true);
        levelTriggered.set(vector, level);
    }

    /** The vector that the processor would get now, or {@link #NONE}. */
    int deliverable() {
        int vector = requested.highest();
        return vector != NONE && (vector & CLASS) > (processorPriority() & CLASS) ? vector : NONE;
    }

    /** Puts a request into service. */
    void take(int vector) {
        requested.set(vector, false);
        inService.set(vector, true);
    }

    /** Ends what is in service with the highest priority, and returns it, or {@link #NONE}. */
    int end() {
        int vector = inService.highest();
        if (vector != NONE) {
            inService.set(vector, false);
        }
        return vector;
    }

    /** PPR (figure 11-19). */
    int processorPriority() {
        int service = priority(inService);
        return (taskPriority & CLASS) >= (service & CLASS) ? taskPriority : service & CLASS;
    }

    /** APR (section 11.6.2.4): how urgent the work of this processor is, for messages that go to the one with the least. */
    int arbitrationPriority() {
        int task = taskPriority & CLASS;
        int service = priority(inService) & CLASS;
        int request = priority(requested) & CLASS;
        return task >= request && task > service ? taskPriority : Math.max(task & service, request);
    }

    private static int priority(VectorSet set) {
        return Math.max(set.highest(), 0);
    }

    @Override
    public State state() {
        return new State(taskPriority, inService.state(), levelTriggered.state(), requested.state());
    }

    @Override
    public void restore(State state) {
        taskPriority = state.taskPriority;
        inService.restore(state.inService);
        levelTriggered.restore(state.levelTriggered);
        requested.restore(state.requested);
    }
}
