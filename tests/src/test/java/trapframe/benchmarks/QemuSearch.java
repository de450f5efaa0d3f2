package trapframe.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import trapframe.symbols.KernelSymbols;

/**
 * How fast the timer can be let come at one instruction after the other of Sprout's test of threads with QEMU alone: {@code savevm} and {@code loadvm} through
 * its monitor, single steps and breakpoints through its gdb stub. A run is taken back by {@code loadvm}, goes on by one instruction, is kept by
 * {@code savevm} for the next one, gets the timer's interrupt, and runs until that is acknowledged. What {@code explore} does besides is not done:
 * nothing waits for the interrupted task's next turn, nothing is compared, nothing looks for hangs, no run goes to its end. Nor is the place exact: QEMU
 * cannot raise an interrupt, so that the monitor programs the 8254 for the shortest time there is, 838 ns, which are as many instructions.
 */
public final class QemuSearch {
    private static final int ROUNDS = 5;
    private static final int RUNS = 100;
    private static final int ROUND_OF_THREADS = 12;
    /** Of the 8254: counter 0, low byte then high byte, mode 4, which fires once when the count is over. */
    private static final List<String> FIRE = List.of("o/b 0x43 0x38", "o/b 0x40 1", "o/b 0x40 0");
    private static final int RIP = 16;

    private final ProcessHandle qemu;
    private final Remote gdb;
    private final Monitor monitor;

    private QemuSearch(ProcessHandle qemu, Remote gdb, Monitor monitor) {
        this.qemu = qemu;
        this.gdb = gdb;
        this.monitor = monitor;
    }

    /** @param arguments the kernel's name, such as sprout */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path image = Path.of(System.getProperty("trapframe.root"), "kernel-image", "target", arguments[0] + ".elf");
        KernelSymbols symbols = KernelSymbols.open(image);
        long begin = symbols.address("partner_main").orElseThrow();
        long acknowledged = symbols.address("pic8259_end_of_interrupt").orElseThrow();
        Path folder = Files.createTempDirectory("qemu");
        Path disk = folder.resolve("disk");
        run("qemu-img", "create", "-q", "-f", "qcow2", disk.toString(), "64M");
        Process qemu = new ProcessBuilder("qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-S",
                "-accel", "tcg", "-icount", "shift=0,sleep=off", "-m", "8M", "-kernel", image.toString(), "-append", "test=kthread",
                "-serial", "null", "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04", "-drive", "if=none,format=qcow2,cache=unsafe,file=" + disk,
                "-chardev", "socket,id=gdb,server=on,wait=off,path=" + folder.resolve("gdb"), "-gdb", "chardev:gdb",
                "-qmp", "unix:" + folder.resolve("qmp") + ",server=on,wait=off").inheritIO().start();
        try (SocketChannel stub = connect(folder.resolve("gdb"), qemu); SocketChannel qmp = connect(folder.resolve("qmp"), qemu)) {
            new QemuSearch(qemu.toHandle(), new Remote(stub), new Monitor(qmp)).measure(begin, acknowledged);
        } finally {
            qemu.destroy();
            qemu.waitFor();
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private void measure(long begin, long acknowledged) throws IOException {
        for (int i = 0; i < ROUND_OF_THREADS; i++) {
            runTo(begin);
            if (i + 1 < ROUND_OF_THREADS) {
                gdb.stop("s");
            }
        }
        monitor.command("savevm first");
        measure("from one instruction to the next", () -> walk(acknowledged));
        measure("from the same instruction", () -> repeat(() -> {
            monitor.command("loadvm first");
            interrupt(acknowledged);
        }));
        measure("loadvm alone", () -> repeat(() -> monitor.command("loadvm first")));
    }

    /** Prints the median of several rates, by the clock and by QEMU's processor time. */
    private void measure(String what, Work work) throws IOException {
        double[] seconds = new double[ROUNDS];
        double[] busy = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            double before = processorSeconds();
            long start = System.nanoTime();
            work.run();
            seconds[round] = (System.nanoTime() - start) / 1e9;
            busy[round] = processorSeconds() - before;
        }
        System.out.printf(Locale.ROOT, "%s: %.1f runs a second, %.1f a second of QEMU's processor time, medians of %d times %d%n",
                what, RUNS / median(seconds), RUNS / median(busy), ROUNDS, RUNS);
    }

    private double processorSeconds() {
        return qemu.info().totalCpuDuration().orElseThrow().toNanos() / 1e9;
    }

    private void walk(long acknowledged) throws IOException {
        monitor.command("loadvm first");
        monitor.command("savevm next");
        for (int i = 0; i < RUNS; i++) {
            monitor.command("loadvm next");
            gdb.stop("s");
            monitor.command("savevm next");
            interrupt(acknowledged);
        }
    }

    private void interrupt(long acknowledged) throws IOException {
        for (String write : FIRE) {
            monitor.command(write);
        }
        runTo(acknowledged);
    }

    private void runTo(long address) throws IOException {
        String place = "1," + Long.toHexString(address) + ",1";
        gdb.ask("Z" + place);
        gdb.stop("c");
        gdb.ask("z" + place);
        if (rip() != address) {
            throw new IllegalStateException("QEMU stopped at 0x" + Long.toHexString(rip()) + " instead of 0x" + Long.toHexString(address));
        }
    }

    private long rip() throws IOException {
        String registers = gdb.ask("g").substring(RIP * 16, RIP * 16 + 16);
        return Long.reverseBytes(Long.parseUnsignedLong(registers, 16));
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void repeat(Work work) throws IOException {
        for (int i = 0; i < RUNS; i++) {
            work.run();
        }
    }

    private static double median(double[] values) {
        return Arrays.stream(values).sorted().toArray()[values.length / 2];
    }

    private static void run(String... command) throws IOException, InterruptedException {
        if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
            throw new IllegalStateException(List.of(command) + " failed");
        }
    }

    /** As soon as QEMU listens. */
    private static SocketChannel connect(Path path, Process qemu) throws IOException, InterruptedException {
        while (true) {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                channel.connect(UnixDomainSocketAddress.of(path));
                return channel;
            } catch (SocketException e) {
                channel.close();
                if (!qemu.isAlive()) {
                    throw new IllegalStateException("QEMU did not start", e);
                }
                Thread.sleep(10);
            }
        }
    }

    /** QEMU's monitor, by the QEMU Machine Protocol. */
    private static final class Monitor {
        private final BufferedReader in;
        private final OutputStream out;

        Monitor(SocketChannel channel) throws IOException {
            in = new BufferedReader(new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8));
            out = Channels.newOutputStream(channel);
            in.readLine();
            send("{\"execute\":\"qmp_capabilities\"}");
        }

        /** A line of the human monitor; what it says is an error. */
        void command(String line) throws IOException {
            String answer = send("{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":\"" + line + "\"}}");
            if (!answer.equals("{\"return\": \"\"}")) {
                throw new IllegalStateException(line + ": " + answer);
            }
        }

        private String send(String json) throws IOException {
            out.write((json + "\n").getBytes(StandardCharsets.UTF_8));
            String line = in.readLine();
            while (line.contains("\"event\"")) {
                line = in.readLine();
            }
            return line;
        }
    }

    /** QEMU's gdb stub. */
    private static final class Remote {
        private final InputStream in;
        private final OutputStream out;

        Remote(SocketChannel channel) {
            in = Channels.newInputStream(channel);
            out = Channels.newOutputStream(channel);
        }

        String ask(String packet) throws IOException {
            int sum = packet.chars().sum() & 0xff;
            out.write(String.format("$%s#%02x", packet, sum).getBytes(StandardCharsets.US_ASCII));
            return answer();
        }

        /** Lets the guest run, until it stops. */
        void stop(String packet) throws IOException {
            String answer = ask(packet);
            if (!answer.startsWith("T05")) {
                throw new IllegalStateException("QEMU stopped with " + answer);
            }
        }

        private String answer() throws IOException {
            while (in.read() != '$') { }
            StringBuilder answer = new StringBuilder();
            for (int value = in.read(); value != '#'; value = in.read()) {
                answer.append((char) value);
            }
            in.skipNBytes(2);
            out.write('+');
            return answer.toString();
        }
    }
}
