package trapframe.timeline;

import trapframe.machine.StopReason;

/** How runs end, in words. */
public final class Endings {
    private Endings() { }

    /**
     * What a guest did that ended its run by itself, to follow "the guest".
     *
     * @param cpus how many the machine has
     */
    public static String words(StopReason reason, int cpus) {
        return switch (reason) {
            case StopReason.GuestExit(int code, boolean success) -> (success ? "succeeded" : "failed") + ": it wrote 0x"
                    + Integer.toHexString(code) + " to the debug-exit port";
            case StopReason.Reset(String by) -> "reset the machine (" + by + ")";
            case StopReason.PowerOff() -> "switched the machine off";
            case StopReason.TripleFault(int cpu) -> "failed: triple fault" + (cpus > 1 ? " on CPU " + cpu : "");
            case StopReason.HaltedForGood() -> "halted for good: no interrupt can wake it";
            case StopReason.PositionLimit() -> "was stopped: the limit was reached";
            case StopReason.Interrupted() -> "was stopped";
            case StopReason.Observed _ -> "was stopped by an observer";
        };
    }

    /** What recordings call an ending: the words of the command {@code boot}. */
    public static String id(StopReason reason, boolean failureShown) {
        return switch (reason) {
            case StopReason.GuestExit exit -> exit.success() ? "guest-succeeded" : "guest-failed";
            case StopReason.Reset _ -> "reset";
            case StopReason.PowerOff() -> "powered-off";
            case StopReason.TripleFault _ -> "triple-fault";
            case StopReason.HaltedForGood() -> "halted-for-good";
            case StopReason _ when failureShown -> "fail-shown";
            case StopReason.PositionLimit() -> "limit";
            case StopReason.Interrupted() -> "left";
            case StopReason.Observed _ -> "left";
        };
    }
}
