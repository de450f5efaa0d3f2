package trapframe.tools.gdb;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;

/**
 * A gdb process by its machine interface ("GDB/MI"), which says when a command is over: behind its result, and if it let the program run,
 * behind the stop.
 */
final class MachineInterface {
    /** What a command printed. */
    record Answer(boolean good, String output) { }

    private final BufferedReader from;
    private final BufferedWriter to;
    private boolean running;

    MachineInterface(Process gdb) {
        from = gdb.inputReader();
        to = gdb.outputWriter();
    }

    /** Waits for gdb's first prompt. */
    void begin() throws IOException {
        answer(false);
    }

    /**
     * Executes a command as one types it.
     *
     * @throws IOException if gdb is gone
     */
    Answer execute(String command) throws IOException {
        to.write("-interpreter-exec console " + quoted(command) + "\n");
        to.flush();
        return answer(true);
    }

    private Answer answer(boolean wantsResult) throws IOException {
        StringBuilder output = new StringBuilder();
        boolean good = true;
        boolean hasResult = !wantsResult;
        while (true) {
            String line = from.readLine();
            if (line == null) {
                throw new IOException("gdb has ended");
            }
            if (line.startsWith("^")) {
                hasResult = true;
                running |= line.startsWith("^running");
                if (line.startsWith("^error")) {
                    good = false;
                    output.append(message(line)).append('\n');
                }
            } else if (line.startsWith("*running")) {
                running = true;
            } else if (line.startsWith("*stopped")) {
                running = false;
            } else if (line.startsWith("~") || line.startsWith("@")) {
                output.append(unquoted(line.substring(1)));
            } else if (line.startsWith("(gdb)") && hasResult && !running) {
                return new Answer(good, output.toString());
            }
        }
    }

    private static String message(String error) {
        int at = error.indexOf("msg=");
        return at < 0 ? error : unquoted(error.substring(at + 4));
    }

    static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"";
    }

    /** A C string as gdb writes it, up to the quote that ends it. */
    static String unquoted(String quoted) {
        StringBuilder text = new StringBuilder();
        for (int i = quoted.startsWith("\"") ? 1 : 0; i < quoted.length() && quoted.charAt(i) != '"'; i++) {
            char value = quoted.charAt(i);
            if (value != '\\' || i + 1 == quoted.length()) {
                text.append(value);
                continue;
            }
            char escaped = quoted.charAt(++i);
            switch (escaped) {
                case 'n' -> text.append('\n');
                case 't' -> text.append('\t');
                case 'r' -> text.append('\r');
                case '0', '1', '2', '3' -> {
                    int end = i;
                    int code = 0;
                    while (end < quoted.length() && end < i + 3 && quoted.charAt(end) >= '0' && quoted.charAt(end) <= '7') {
                        code = code * 8 + quoted.charAt(end++) - '0';
                    }
                    text.append((char) code);
                    i = end - 1;
                }
                default -> text.append(escaped);
            }
        }
        return text.toString();
    }
}
