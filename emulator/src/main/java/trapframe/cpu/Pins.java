package trapframe.cpu;

import trapframe.bus.ProcessorPins;
import trapframe.unicorn.CpuState;

/**
 * What reaches a CPU from outside and waits for its next boundary, and whether the CPU executes instructions at all. Of INIT
 * and a start-up message the latter may come before the CPU has taken the former.
 */
final class Pins implements ProcessorPins {
    /** @param startup vector of the start-up message that waits to be taken, or -1 */
    record State(Activity activity, boolean interrupt, boolean nmi, boolean init, int startup) { }

    private static final int NO_STARTUP = -1;

    private final CpuState state;
    private Runnable woken = () -> { };
    private Activity activity = Activity.ACTIVE;
    private boolean interrupt;
    private boolean nmi;
    private boolean init;
    private int startup = NO_STARTUP;

    Pins(CpuState state) {
        this.state = state;
    }

    /** @param listener hears when something ends a wait: the CPU could do nothing before, and can now */
    void onWake(Runnable listener) {
        woken = listener;
    }

    void reset(Activity newActivity) {
        activity = newActivity;
        interrupt = false;
        nmi = false;
        init = false;
        startup = NO_STARTUP;
    }

    State state() {
        return new State(activity, interrupt, nmi, init, startup);
    }

    /** Nobody hears of it. */
    void restore(State saved) {
        activity = saved.activity;
        interrupt = saved.interrupt;
        nmi = saved.nmi;
        init = saved.init;
        startup = saved.startup;
    }

    @Override
    public void interrupt(boolean level) {
        boolean could = canRun();
        interrupt = level;
        tellIfWoken(could);
    }

    @Override
    public void nmi() {
        boolean could = canRun();
        nmi = true;
        tellIfWoken(could);
    }

    @Override
    public void init() {
        boolean could = canRun();
        init = true;
        tellIfWoken(could);
    }

    @Override
    public void startup(int vector) {
        boolean could = canRun();
        if ((init || activity == Activity.WAIT_FOR_SIPI) && startup == NO_STARTUP) {
            startup = vector;
        }
        tellIfWoken(could);
    }

    private void tellIfWoken(boolean could) {
        if (!could && canRun()) {
            woken.run();
        }
    }

    /** Whether the CPU has anything to do at its next boundary. */
    boolean canRun() {
        return switch (activity) {
            case ACTIVE -> true;
            case HLT -> init || wantsInterrupt();
            case SHUTDOWN -> false;
            case WAIT_FOR_SIPI -> init || startup != NO_STARTUP;
        };
    }

    /** Whether an interrupt from outside could end the wait that the CPU is in. */
    boolean interruptCanWake() {
        return activity == Activity.HLT && (state.eflags() & CpuState.IF) != 0;
    }

    /** Whether an interrupt or NMI is to be taken at the next boundary that has no shadow. */
    boolean wantsInterrupt() {
        return wantsNmi() || interrupt && (state.eflags() & CpuState.IF) != 0 && activity != Activity.WAIT_FOR_SIPI;
    }

    boolean wantsNmi() {
        return nmi && (state.hflags2() & CpuState.HFLAGS2_NMI) == 0 && activity != Activity.WAIT_FOR_SIPI;
    }

    /** Ends the pending NMI, and blocks further ones until the next IRET. */
    void takeNmi() {
        nmi = false;
        state.setHflags2(state.hflags2() | CpuState.HFLAGS2_NMI);
    }

    boolean hasInit() {
        return init;
    }

    /** The CPU waits for a start-up message from now on, which may have come already. */
    void takeInit() {
        init = false;
        nmi = false;
        activity = Activity.WAIT_FOR_SIPI;
    }

    boolean hasStartup() {
        return activity == Activity.WAIT_FOR_SIPI && startup != NO_STARTUP;
    }

    /** Ends the wait for a start-up message, and returns its vector. */
    int takeStartup() {
        int vector = startup;
        startup = NO_STARTUP;
        activity = Activity.ACTIVE;
        return vector;
    }

    /** The level of INTR. */
    boolean interruptLevel() {
        return interrupt;
    }

    boolean nmiPending() {
        return nmi;
    }

    Activity activity() {
        return activity;
    }

    void setActivity(Activity newActivity) {
        activity = newActivity;
    }

    /** The vector of the start-up message that waits to be taken, or -1. */
    int startupVector() {
        return startup;
    }
}
