package trapframe.tools;

/** What Trapframe itself has to say, as opposed to the guest: standard error, one line each. */
public final class Say {
    private Say() {
    }

    /** Says a message on one line, whatever line ends and control characters it carries. */
    public static void line(String message) {
        System.err.println("trapframe: " + message.replaceAll("\\s*\\R\\s*", " ").replaceAll("\\p{Cntrl}", "?"));
    }
}
