package trapframe.tools;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** A command that was run in this process. Tests that use it lock the system streams. */
record CapturedRun(int exitCode, String output, String errors) {
    static CapturedRun of(String... arguments) {
        PrintStream output = System.out;
        PrintStream errors = System.err;
        ByteArrayOutputStream newOutput = new ByteArrayOutputStream();
        ByteArrayOutputStream newErrors = new ByteArrayOutputStream();
        System.setOut(new PrintStream(newOutput, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(newErrors, true, StandardCharsets.UTF_8));
        try {
            int exitCode = Main.run(arguments);
            return new CapturedRun(exitCode, newOutput.toString(StandardCharsets.UTF_8),
                    newErrors.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(output);
            System.setErr(errors);
        }
    }
}
