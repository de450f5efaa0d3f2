package trapframe.diagnose.trace;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;

/**
 * Writes events as the Chrome trace event format has them (JSON; the form with an object around the list), which Perfetto's viewer reads. Times
 * are virtual, in microseconds. Nothing is kept: the file may be as long as the run.
 */
final class TraceFile implements Closeable {
    private static final String HEX = "0123456789abcdef";
    private static final long NANOS = 1000;

    private final Writer out;
    private long events;

    TraceFile(Writer out) {
        this.out = out;
        write("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[");
    }

    long events() {
        return events;
    }

    /** Names a group of tracks. Arguments here and below are names and their values, in turns. */
    void nameProcess(int process, String name) {
        event("M", "process_name", process, 0, -1, "", "name", name);
        event("M", "process_sort_index", process, 0, -1, "", "sort_index", process);
    }

    /** Names a track. */
    void nameThread(int process, int thread, String name) {
        event("M", "thread_name", process, thread, -1, "", "name", name);
        event("M", "thread_sort_index", process, thread, -1, "", "sort_index", thread);
    }

    /** A slice of a track begins, within those that are open. */
    void begin(int process, int thread, String name, long nanos, Object... arguments) {
        event("B", name, process, thread, nanos, "", arguments);
    }

    /** The slice ends that began last on this track. */
    void end(int process, int thread, long nanos) {
        event("E", "", process, thread, nanos, "");
    }

    /** Something happens that takes no time. */
    void instant(int process, int thread, String name, long nanos, Object... arguments) {
        event("i", name, process, thread, nanos, ",\"s\":\"t\"", arguments);
    }

    /** A slice begins on a track of its own, which the name and the id give. */
    void beginAlone(int process, String name, String id, long nanos, Object... arguments) {
        event("b", name, process, 0, nanos, ",\"cat\":\"lock\",\"id\":" + text(id), arguments);
    }

    void endAlone(int process, String name, String id, long nanos) {
        event("e", name, process, 0, nanos, ",\"cat\":\"lock\",\"id\":" + text(id));
    }

    private void event(String phase, String name, int process, int thread, long nanos, String more, Object... arguments) {
        StringBuilder line = new StringBuilder(events == 0 ? "\n" : ",\n");
        events++;
        line.append("{\"ph\":\"").append(phase).append("\",\"pid\":").append(process).append(",\"tid\":").append(thread);
        if (!name.isEmpty()) {
            line.append(",\"name\":").append(text(name));
        }
        if (nanos >= 0) {
            line.append(",\"ts\":").append(nanos / NANOS).append('.').append(Long.toString(NANOS + nanos % NANOS), 1, 4);
        }
        line.append(more);
        for (int i = 0; i < arguments.length; i += 2) {
            line.append(i == 0 ? ",\"args\":{" : ",").append(text((String) arguments[i])).append(':')
                    .append(arguments[i + 1] instanceof Number number ? number.toString() : text(arguments[i + 1].toString()));
        }
        line.append(arguments.length > 0 ? "}" : "");
        write(line.append('}').toString());
    }

    /** RFC 8259, section 7. */
    private static String text(String value) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ' || c > '~') {
                quoted.append("\\u");
                for (int shift = 12; shift >= 0; shift -= 4) {
                    quoted.append(HEX.charAt(c >> shift & 0xf));
                }
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }

    private void write(String piece) {
        try {
            out.write(piece);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        write("\n]}\n");
        out.close();
    }
}
