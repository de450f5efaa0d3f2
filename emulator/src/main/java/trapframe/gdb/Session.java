package trapframe.gdb;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import trapframe.device.drive.DriveException;
import trapframe.timeline.RegisterName;
import trapframe.timeline.Stop;

/**
 * One client and its packets, each answered before the next is taken. CPUs are threads, numbered from 1 on; the machine stands while
 * there is a client, but for what it asks for.
 */
final class Session {
    /** How a session ended. */
    enum End { DETACHED, KILLED, GONE }

    static final String OK = "OK";
    private static final String STOP_SIGNAL = "05";
    private static final String INTERRUPT_SIGNAL = "02";

    /** A packet's beginning, and what answers the rest of it. */
    private record Handler(String beginning, UnaryOperator<String> answer) { }

    private final Connection connection;
    private final Debuggee debuggee;
    private final Breakpoints breakpoints;
    private final Queries queries;
    private final StatePackets state;
    private final FileTransfer files;
    private final List<Handler> handlers;
    private int current;
    private int toResume;
    private final Monitor monitor;
    private Stop stop = new Stop.Position();
    private boolean errorsHaveText;
    /** Whether the client can begin again what it has killed. */
    private boolean extended;
    private boolean killed;
    private Optional<End> end = Optional.empty();

    Session(Connection connection, Debuggee debuggee) {
        this.connection = connection;
        this.debuggee = debuggee;
        breakpoints = new Breakpoints(debuggee);
        queries = new Queries(debuggee);
        state = new StatePackets(debuggee);
        monitor = new Monitor(debuggee);
        stoppedAt(stop);
        files = new FileTransfer(debuggee.kernel().executable());
        handlers = handlers();
    }

    private List<Handler> handlers() {
        return List.of(
                new Handler("qSupported", this::supported),
                new Handler("QStartNoAckMode", rest -> {
                    connection.stopAcknowledging();
                    return OK;
                }),
                new Handler("QNonStop:", this::nonStop),
                new Handler("qRcmd,", this::monitor),
                new Handler("qThreadExtraInfo,", rest -> queries.threadInfo(cpu(rest))),
                new Handler("q", rest -> rest.equals("C") ? "QC" + thread(current) : queries.answer(rest)),
                new Handler("vCont?", rest -> "vCont;c;C;s;S;r"),
                new Handler("vCont;", rest -> resume(Actions.parse(rest, debuggee.machine().cpus().size()).orElse(toResume))),
                new Handler("vFile:", files::answer),
                new Handler("vCtrlC", rest -> OK),
                new Handler("vKill", rest -> kill()),
                new Handler("vRun", this::run),
                new Handler("vAttach;", rest -> stopReply()),
                new Handler("v", rest -> ""),
                new Handler("?", rest -> stopReply()),
                new Handler("!", rest -> {
                    extended = true;
                    return OK;
                }),
                new Handler("bs", rest -> resume(new Resume.ReverseStep(toResume))),
                new Handler("bc", rest -> resume(new Resume.ReverseContinue())),
                new Handler("D", rest -> end(killed ? End.KILLED : End.DETACHED, OK)),
                new Handler("k", rest -> end(End.KILLED, null)),
                new Handler("R", rest -> {
                    restart();
                    return null;
                }),
                new Handler("H", this::setThread),
                new Handler("T", rest -> {
                    cpu(rest);
                    return OK;
                }),
                new Handler("g", rest -> state.readRegisters(current)),
                new Handler("G", rest -> state.writeRegisters(current, rest)),
                new Handler("p", rest -> state.readRegister(current, rest)),
                new Handler("P", rest -> state.writeRegister(current, rest)),
                new Handler("m", rest -> Packet.hex(state.readMemory(current, rest))),
                new Handler("x", rest -> "b" + Packet.text(state.readMemory(current, rest))),
                new Handler("M", rest -> state.writeMemory(current, rest, false)),
                new Handler("X", rest -> state.writeMemory(current, rest, true)),
                new Handler("z", breakpoints::remove),
                new Handler("Z", rest -> breakpoints.insert(current, rest)),
                new Handler("c", rest -> resumeAt(rest, new Resume.Continue())),
                new Handler("C", rest -> resumeAt(behindSignal(rest), new Resume.Continue())),
                new Handler("s", rest -> resumeAt(rest, new Resume.Step(toResume))),
                new Handler("S", rest -> resumeAt(behindSignal(rest), new Resume.Step(toResume))));
    }

    /** Answers packets until the client leaves. */
    End serve() throws InterruptedException {
        while (end.isEmpty()) {
            byte[] packet = connection.receive();
            if (packet == null) {
                return killed ? End.KILLED : End.GONE;
            }
            String reply = answer(Packet.text(Packet.unescape(packet)));
            if (reply != null) {
                connection.send(Packet.bytes(reply));
            }
        }
        return end.get();
    }

    /** The answer to a packet; empty for one that is not known, null if it gets none. */
    String answer(String packet) {
        try {
            for (Handler handler : handlers) {
                if (packet.startsWith(handler.beginning)) {
                    return handler.answer.apply(packet.substring(handler.beginning.length()));
                }
            }
            return "";
        } catch (RefusedException | DriveException e) {
            // A drive refuses to go back over what is in its file already.
            return errorsHaveText ? "E." + e.getMessage() : "E01";
        }
    }

    private String supported(String rest) {
        errorsHaveText = rest.contains("error-message+");
        return "PacketSize=" + Integer.toHexString(Packet.MAX_BYTES) + ";QStartNoAckMode+;vContSupported+;swbreak+;hwbreak+;ReverseStep+"
                + ";ReverseContinue+;binary-upload+;qXfer:features:read+;qXfer:threads:read+;qXfer:memory-map:read+"
                + (debuggee.kernel().executable().isPresent() ? ";qXfer:exec-file:read+" : "") + (errorsHaveText ? ";error-message+" : "");
    }

    private String nonStop(String mode) {
        if (!mode.equals("0")) {
            throw new RefusedException("non-stop mode is not possible: the CPUs of a deterministic machine stop together");
        }
        return OK;
    }

    private String monitor(String command) {
        try {
            say(monitor.execute(current, new String(Packet.unhex(command), StandardCharsets.UTF_8).strip()));
            return OK;
        } catch (RefusedException e) {
            // gdb has only a sentence of its own for an error here.
            say(e.getMessage() + "\n");
            throw e;
        }
    }

    /** Prints text in the client. */
    private void say(String text) {
        // A packet takes two digits for each byte, and its own letter.
        int most = (Packet.MAX_BYTES - 1) / 2 / 4;
        for (int at = 0; at < text.length(); at += most) {
            connection.send(Packet.bytes("O" + Packet.hexText(text.substring(at, Math.min(text.length(), at + most)))));
        }
    }

    private String end(End how, String reply) {
        end = Optional.of(how);
        return reply;
    }

    /** A client in extended mode may begin again. */
    private String kill() {
        killed = true;
        return extended ? OK : end(End.KILLED, OK);
    }

    private String run(String rest) {
        restart();
        return stopReply();
    }

    private void restart() {
        debuggee.restart();
        killed = false;
        stoppedAt(new Stop.Position());
    }

    private String setThread(String rest) {
        if (rest.isEmpty()) {
            throw new RefusedException("no operation that the thread is for");
        }
        String id = rest.substring(1);
        boolean any = id.equals("0") || id.equals("-1");
        switch (rest.charAt(0)) {
            case 'g' -> current = any ? current : cpu(id);
            case 'c' -> toResume = any ? current : cpu(id);
            default -> throw new RefusedException("no such operation: " + rest.charAt(0));
        }
        return OK;
    }

    private int cpu(String thread) {
        long number = Packet.number(thread) - 1;
        if (number < 0 || number >= debuggee.machine().cpus().size()) {
            throw new RefusedException("no such CPU: thread " + thread);
        }
        return (int) number;
    }

    static String thread(int cpu) {
        return Integer.toHexString(cpu + 1);
    }

    private static String behindSignal(String rest) {
        int semicolon = rest.indexOf(';');
        return semicolon < 0 ? "" : rest.substring(semicolon + 1);
    }

    private String resumeAt(String address, Resume how) {
        if (!address.isEmpty()) {
            debuggee.setRegister(toResume, RegisterName.RIP, Packet.number(address));
        }
        return resume(how);
    }

    private String resume(Resume how) {
        stoppedAt(debuggee.resume(how, breakpoints.code(), breakpoints.data()));
        if (stop instanceof Stop.End(var reason)) {
            say("Trapframe: " + debuggee.words(reason) + "\n");
        }
        return stopReply();
    }

    private void stoppedAt(Stop newStop) {
        stop = newStop;
        current = switch (stop) {
            case Stop.Breakpoint(int cpu, long address) -> cpu;
            case Stop.Watchpoint watchpoint -> watchpoint.cpu();
            case Stop.Step(int cpu) -> cpu;
            default -> debuggee.machine().cpuOnTurn().number();
        };
        toResume = current;
    }

    private String stopReply() {
        String signal = stop instanceof Stop.Interrupted ? INTERRUPT_SIGNAL : STOP_SIGNAL;
        String why = switch (stop) {
            case Stop.Breakpoint(int cpu, long address) -> breakpoints.kindAt(address);
            case Stop.Watchpoint watchpoint -> breakpoints.kindOf(watchpoint.watch());
            case Stop.Start() -> "replaylog:begin;";
            case Stop.End end -> "replaylog:end;";
            case Stop.Step _, Stop.Position _, Stop.Interrupted _ -> "";
        };
        return "T" + signal + "thread:" + thread(current) + ";" + why;
    }
}
