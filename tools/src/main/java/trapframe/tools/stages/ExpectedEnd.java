package trapframe.tools.stages;

import trapframe.machine.StopReason;

/**
 * How a run has to end.
 *
 * @param words       what the file says, for people
 * @param code        at the debug-exit port, if it has to be a certain one; else -1
 * @param budgetNanos how much virtual time it may take behind the last stage
 */
public record ExpectedEnd(String words, int code, long budgetNanos) {
    static final String KINDS = "\"success\", \"failure\", \"power-off\", \"reset\", \"halt\", \"triple-fault\", or a code like 0x10";

    /** @throws IllegalArgumentException if it is no way to end */
    static ExpectedEnd of(Object value, long budgetNanos) {
        if (value instanceof Long code && code >= 0 && code <= 0xff) {
            return new ExpectedEnd("0x" + Long.toHexString(code), code.intValue(), budgetNanos);
        }
        if (value instanceof String words) {
            switch (words) {
                case "success", "failure", "power-off", "reset", "halt", "triple-fault" -> {
                    return new ExpectedEnd(words, -1, budgetNanos);
                }
                default -> { }
            }
        }
        throw new IllegalArgumentException("ends must be one of " + KINDS);
    }

    boolean fits(StopReason reason) {
        return switch (reason) {
            case StopReason.GuestExit exit when code >= 0 -> exit.code() == code;
            case StopReason.GuestExit exit -> words.equals(exit.success() ? "success" : "failure");
            case StopReason.PowerOff() -> words.equals("power-off");
            case StopReason.Reset _ -> words.equals("reset");
            case StopReason.HaltedForGood() -> words.equals("halt");
            case StopReason.TripleFault _ -> words.equals("triple-fault");
            default -> false;
        };
    }
}
