package trapframe.tests;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Runs a kernel under {@code qemu-system-x86_64}, the second opinion on how a PC behaves. The machine is QEMU's default PC under TCG with
 * nothing but a serial port, whose bytes are the console, and an {@code isa-debug-exit} device at port 0xf4. The guest's time is that of its
 * instructions: by the host's clock a busy host bunches ticks, and lets time-outs pass in which a processor of the guest had no turn.
 */
final class Qemu {
    private static final String PROGRAM = "qemu-system-x86_64";

    private Qemu() {}

    /**
     * How a run ended.
     *
     * @param exitStatus QEMU's exit status: {@code (value << 1) | 1} for a byte written to the debug-exit port, 0 for a reset or power-off
     * @param console every byte that the guest sent to COM1, as ISO 8859-1
     */
    record Result(int exitStatus, String console) {
        /** The console's lines without their line ends, CR LF as well as LF. */
        List<String> lines() {
            return console.lines().toList();
        }
    }

    /** Whether QEMU is on the path. Tests that need it skip where it is not. */
    static boolean available() {
        return program().isPresent();
    }

    /** The exit status that QEMU ends with when the guest writes {@code value} to the debug-exit port. */
    static int exitStatus(int value) {
        return (value << 1 | 1) & 0xff;
    }

    /**
     * Runs a kernel until QEMU ends.
     *
     * @param kernel what {@code -kernel} takes
     * @param append the kernel's command line
     * @param limit host time after which QEMU is ended and the test fails with the console so far
     * @param extraArgs further QEMU arguments, for example {@code "-cpu", "max"}
     */
    static Result run(Path kernel, String append, Duration limit, String... extraArgs) {
        try (Session session = start(kernel, append, limit, extraArgs)) {
            return session.awaitExit();
        }
    }

    /**
     * The same by the host's clock, for a kernel that looks at no time: with its instructions counted, QEMU stops once more at a REP instruction
     * that is single-stepped.
     */
    static Result runByHostClock(Path kernel, String append, Duration limit, String... extraArgs) {
        try (Session session = start(List.of(), kernel, append, limit, extraArgs)) {
            return session.awaitExit();
        }
    }

    /** Starts a kernel with which the test then talks. The arguments are those of {@link #run}; the limit is for the whole session. */
    static Session start(Path kernel, String append, Duration limit, String... extraArgs) {
        return start(List.of("-icount", "shift=1,sleep=off"), kernel, append, limit, extraArgs);
    }

    private static Session start(List<String> clock, Path kernel, String append, Duration limit, String... extraArgs) {
        List<String> command = new ArrayList<>(List.of(
                program().orElseThrow(() -> new IllegalStateException(PROGRAM + " is not on the path")).toString(),
                "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio",
                "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04",
                "-kernel", kernel.toString(), "-append", append));
        command.addAll(clock);
        List<String> extra = List.of(extraArgs);
        if (!extra.contains("-accel")) {
            command.addAll(List.of("-accel", "tcg"));
        }
        if (!extra.contains("-m")) {
            command.addAll(List.of("-m", "128"));
        }
        command.addAll(extra);
        try {
            return new Session(new ProcessBuilder(command).start(), limit);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<Path> program() {
        String path = System.getenv("PATH");
        return Stream.of((path == null ? "" : path).split(File.pathSeparator))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, PROGRAM))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** A running QEMU. Closing it ends QEMU if the guest has not. */
    static final class Session implements AutoCloseable {
        private final Process process;
        private final long deadline;
        private final Duration limit;
        private final StringBuilder console = new StringBuilder();
        /** What QEMU says of itself. */
        private final StringBuilder complaints = new StringBuilder();
        private final Thread reader;
        private final Thread complaintsReader;
        private boolean ended;

        private Session(Process process, Duration limit) {
            this.process = process;
            this.limit = limit;
            this.deadline = System.nanoTime() + limit.toNanos();
            this.reader = Thread.ofPlatform().daemon().name("qemu-console").start(() -> {
                collect(process.getInputStream(), console);
                synchronized (console) {
                    ended = true;
                    console.notifyAll();
                }
            });
            this.complaintsReader = Thread.ofPlatform().daemon().name("qemu-complaints").start(() -> collect(process.getErrorStream(), complaints));
        }

        /** Waits until the console shows the text. */
        void awaitConsole(String text) {
            synchronized (console) {
                while (console.indexOf(text) < 0) {
                    if (ended || !waitForConsole()) {
                        throw new AssertionError("the console never showed \"" + text + "\":\n" + console + complaints);
                    }
                }
            }
        }

        /** Sends bytes to COM1. */
        void type(String text) {
            try {
                process.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
                process.getOutputStream().flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** The console up to now. */
        String console() {
            synchronized (console) {
                return console.toString();
            }
        }

        /** Waits until QEMU ends. */
        Result awaitExit() {
            try {
                if (!process.waitFor(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS)) {
                    throw new AssertionError("QEMU did not end within " + limit + ":\n" + console() + complaints);
                }
                reader.join();
                complaintsReader.join();
                if (console.isEmpty() && complaints.toString().lines().anyMatch(line -> !line.contains(": warning: "))) {
                    throw new AssertionError("QEMU showed nothing: " + complaints);
                }
                return new Result(process.exitValue(), console());
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }

        private boolean waitForConsole() {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left <= 0) {
                return false;
            }
            try {
                console.wait(left);
                return true;
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }

        private void collect(InputStream from, StringBuilder shown) {
            byte[] buffer = new byte[4096];
            try (InputStream output = from) {
                for (int count = output.read(buffer); count >= 0; count = output.read(buffer)) {
                    synchronized (console) {
                        shown.append(new String(buffer, 0, count, StandardCharsets.ISO_8859_1));
                        console.notifyAll();
                    }
                }
            } catch (IOException e) {
                // The stream is closed under the reader when the session ends QEMU: the console is complete as it is.
            }
        }

        private static IllegalStateException interrupted(InterruptedException e) {
            Thread.currentThread().interrupt();
            return new IllegalStateException(e);
        }
    }
}
