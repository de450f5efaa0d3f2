package trapframe.device;

import java.util.List;
import java.util.Optional;
import trapframe.bus.InterruptLine;
import trapframe.bus.PortBus;
import trapframe.bus.PortDevice;
import trapframe.bus.Stateful;
import trapframe.time.Clock;
import trapframe.time.EventQueue;
import trapframe.time.Timer;

/**
 * A serial port of the PC: National Semiconductor PC16550D (data sheet TL/C/8652), eight ports from 0x3f8 (COM1,
 * IRQ4), wired as on the PC: the interrupt pin passes to the IRQ line only while OUT2 is active.
 *
 * <p>Modelled: every register, 16450 and FIFO mode with trigger levels, the character time-out, error bits kept with
 * each character, the interrupt priorities, the transmitter-empty interrupt with its FIFO-mode delay and its clearing
 * by an IIR read, modem status with deltas, loopback of data and modem lines, break, and the time that each
 * character takes from divisor and format. A divisor of 0 counts as 65536. At power-on the divisor is 1 and the
 * format 8N1, as firmware leaves it.
 *
 * <p>The far end of the line is a terminal, not a wire. A byte goes to the {@link SerialOutput} at the moment the
 * guest writes it, in the order of the writes, whole (a shorter word length does not cut it), even one that a full
 * transmitter would lose; the transmitter is busy for the right time all the same. Its progress is worked out when the
 * guest looks, and an event is queued only where it would raise the IRQ line. DSR and CTS are active until
 * {@link #setModemInputs}; so is DCD as long as {@link SerialInput#open} says that there is somebody to receive from: it
 * drops with the last character, at the position where that one is received.
 *
 * <p>The sender at the other end of {@link SerialInput} obeys flow control, so nothing overruns and nothing is lost
 * while a kernel sets the port up. It sends, a character time apart, only while the guest listens and there is room:
 * <ul>
 * <li>IER.ERBFI is set: characters arrive by themselves;
 * <li>or the guest polls: it read LSR {@value #POLLS_TO_LISTEN} times with nothing to do (no data, transmitter
 *     empty) without writing THR. From then on one character at a time arrives as LSR is read.
 * </ul>
 * A write to IER, FCR, LCR, MCR or the divisor latch means that somebody sets the port up: the sender waits for one
 * more character time, and polls count from zero.
 *
 * <p>Not modelled: DMA signalling (FCR bit 3, TXRDY and RXRDY have no pins on the PC), bit-level line noise.
 */
public final class Uart16550 implements PortDevice, Stateful<Uart16550.State> {
    public static final int COM1_PORT = 0x3f8;
    public static final int COM1_IRQ = 4;
    public static final int COM2_PORT = 0x2f8;
    public static final int COM2_IRQ = 3;

    /** The PC's clock for the baud rate generator: 115200 baud at divisor 1. */
    public static final int PC_CRYSTAL_HERTZ = 1_843_200;

    /** Reads of LSR in a row that show that the guest waits for input. */
    public static final int POLLS_TO_LISTEN = 16;

    private static final int RBR_THR_DLL = 0;
    private static final int IER_DLM = 1;
    private static final int IIR_FCR = 2;
    private static final int LCR = 3;
    private static final int MCR = 4;
    private static final int LSR = 5;
    private static final int MSR = 6;
    /** By offset, as they are read. */
    private static final List<String> REGISTERS = List.of("receiver buffer register", "interrupt enable register", "interrupt identification register",
            "line control register", "modem control register", "line status register", "modem status register", "scratch register");

    private static final int IER_ERBFI = 0x01;
    private static final int IER_ETBEI = 0x02;
    private static final int IER_ELSI = 0x04;
    private static final int IER_EDSSI = 0x08;
    private static final int IER_MASK = 0x0f;

    private static final int IIR_MODEM_STATUS = 0x00;
    private static final int IIR_NONE = 0x01;
    private static final int IIR_TRANSMITTER_EMPTY = 0x02;
    private static final int IIR_DATA_AVAILABLE = 0x04;
    private static final int IIR_LINE_STATUS = 0x06;
    private static final int IIR_CHARACTER_TIMEOUT = 0x0c;
    private static final int IIR_FIFOS_ENABLED = 0xc0;

    private static final int FCR_ENABLE = 0x01;
    private static final int FCR_RESET_RECEIVER = 0x02;
    private static final int FCR_RESET_TRANSMITTER = 0x04;
    private static final int FCR_KEPT = 0xc9;
    private static final int FCR_TRIGGER_SHIFT = 6;
    private static final int[] TRIGGER_LEVELS = {1, 4, 8, 14};
    private static final int FIFO_SIZE = 16;

    private static final int LCR_BREAK = 0x40;
    private static final int LCR_DLAB = 0x80;

    private static final int MCR_DTR = 0x01;
    private static final int MCR_RTS = 0x02;
    private static final int MCR_OUT1 = 0x04;
    private static final int MCR_OUT2 = 0x08;
    private static final int MCR_LOOP = 0x10;
    private static final int MCR_MASK = 0x1f;

    private static final int LSR_DR = 0x01;
    private static final int LSR_THRE = 0x20;
    private static final int LSR_TEMT = 0x40;
    private static final int LSR_FIFO_ERROR = 0x80;

    private static final int MSR_DELTAS = 0x0f;
    private static final int MSR_TERI = 0x04;
    public static final int MSR_CTS = 0x10;
    public static final int MSR_DSR = 0x20;
    public static final int MSR_RI = 0x40;
    public static final int MSR_DCD = 0x80;
    private static final int MSR_LINES = 0xf0;

    private static final int LCR_8N1 = 0x03;
    private static final long NEVER = Long.MAX_VALUE;

    /**
     * @param msrDeltas   bits 0 to 3 of MSR
     * @param modemInputs the pins CTS, DSR, RI and DCD as the bits of MSR
     * @param carrier     whether the sender's end was open when the UART last looked
     * @param polls       reads of LSR in a row that found nothing to do
     * @param quietUntil  nanosecond before which the sender's next character is not whole
     */
    public record State(int ier, int fcr, int lcr, int mcr, int scratch, int divisor, int msrDeltas, int modemInputs,
                        boolean carrier, Transmitter transmitter, Receiver receiver, int polls, long quietUntil) { }

    /**
     * The transmitter's state.
     *
     * @param waiting      the FIFO, or THR alone in 16450 mode, oldest first
     * @param shifting     the character in the shift register, or -1
     * @param shiftEnd     nanosecond at which it is out
     * @param delayedUntil nanosecond at which the delayed FIFO-mode interrupt becomes pending, or {@code Long.MAX_VALUE}
     * @param hadTwo       the FIFO held two characters since it was last empty
     * @param interrupt    the transmitter-empty interrupt is pending
     */
    public record Transmitter(List<Integer> waiting, int shifting, long shiftEnd, long delayedUntil, boolean hadTwo,
                              boolean interrupt) { }

    /**
     * The receiver's state.
     *
     * @param received the FIFO, or RBR alone in 16450 mode, oldest first, with LSR flags from bit 8 on
     * @param lastRead what RBR gives when it is empty
     * @param errors   OE, PE, FE and BI as LSR shows them
     * @param silentAt nanosecond of the character time-out, or {@code Long.MAX_VALUE}
     * @param timeout  the time-out interrupt is pending
     */
    public record Receiver(List<Integer> received, int lastRead, int errors, long silentAt, boolean timeout) { }

    private final String name;
    private final Clock clock;
    private final InterruptLine irq;
    private final SerialOutput output;
    private final SerialInput input;
    private final int crystalHertz;
    private final Timer arrival;
    private final Timer interrupt;
    private final UartTransmitter transmitter = new UartTransmitter();
    private final UartReceiver receiver = new UartReceiver();

    private int ier;
    private int fcr;
    private int lcr = LCR_8N1;
    private int mcr;
    private int scratch;
    private int divisor = 1;
    private int msrDeltas;
    private int modemInputs = MSR_CTS | MSR_DSR;
    private boolean carrier;
    private int polls;
    private long quietUntil;
    private long changes;

    /**
     * @param name         for reports, such as {@code "COM1"}
     * @param crystalHertz the baud rate generator's clock, 1 to 1,000,000,000: {@link #PC_CRYSTAL_HERTZ} on a PC; a
     *                     faster one shortens every character alike, which a guest sees only by measuring time
     */
    public Uart16550(String name, EventQueue events, InterruptLine irq, SerialOutput output, SerialInput input,
                     int crystalHertz) {
        if (crystalHertz < 1 || crystalHertz > 1_000_000_000) {
            throw new IllegalArgumentException("a UART's crystal must have 1 to 1000000000 Hz, not " + crystalHertz);
        }
        this.name = name;
        this.clock = events.clock();
        this.irq = irq;
        this.output = output;
        this.input = input;
        this.crystalHertz = crystalHertz;
        arrival = events.timer(name + " receive", this::onArrival);
        interrupt = events.timer(name + " interrupt", this::onInterrupt);
        carrier = input.open();
        modemInputs |= carrier ? MSR_DCD : 0;
    }

    public void attach(PortBus bus, int port) {
        bus.attach(name, port, 8, this);
    }

    /** Tells the UART that its {@link SerialInput} has a character again, was opened, or has ended. */
    public void inputAvailable() {
        changes++;
        followCarrier();
        if (!arrival.armed()) {
            setQuiet();
            scheduleArrival();
        }
    }

    /** Drives the modem status pins, as a set of {@link #MSR_CTS}, {@link #MSR_DSR}, {@link #MSR_RI} and {@link #MSR_DCD}. */
    public void setModemInputs(int lines) {
        catchUp();
        int before = modemLines();
        modemInputs = lines & MSR_LINES;
        modemLinesChanged(before);
        driveInterrupt();
    }

    @Override
    public int read(int offset, int width) {
        catchUp();
        boolean dlab = (lcr & LCR_DLAB) != 0;
        int value = switch (offset) {
            case RBR_THR_DLL -> dlab ? divisor & 0xff : readReceiver();
            case IER_DLM -> dlab ? divisor >> 8 : ier;
            case IIR_FCR -> readInterruptIdentification();
            case LCR -> lcr;
            case MCR -> mcr;
            case LSR -> readLineStatus();
            case MSR -> readModemStatus();
            default -> scratch;
        };
        driveInterrupt();
        return value;
    }

    /** What is on its way through the transmitter, or may come in, changes most registers. */
    @Override
    public int steadyBits(int offset, int width) {
        boolean dlab = (lcr & LCR_DLAB) != 0;
        boolean steady = switch (offset) {
            case RBR_THR_DLL -> dlab || isIdle() && receiver.empty() && !receiver.timeoutPending();
            case IIR_FCR -> isIdle() && interruptSource() != IIR_TRANSMITTER_EMPTY;
            case LSR -> isIdle() && receiver.errors() == 0;
            case MSR -> isIdle() && msrDeltas == 0;
            default -> true;
        };
        return steady ? 0xff : 0;
    }

    @Override
    public String whySteady(int offset) {
        return isDivisor(offset) || offset == IER_DLM || offset == LCR || offset == MCR || offset > MSR ? ONLY_WRITES : "nothing is being sent, and nobody sends";
    }

    @Override
    public Optional<String> registerName(int offset) {
        return Optional.of(isDivisor(offset) ? "divisor latch" : REGISTERS.get(offset));
    }

    private boolean isDivisor(int offset) {
        return (lcr & LCR_DLAB) != 0 && offset <= IER_DLM;
    }

    /** Whether nothing will happen by itself: nothing is being sent, nobody sends, and no time runs out. */
    private boolean isIdle() {
        return transmitter.empty() && receiver.nextTimeout() == NEVER && !input.open();
    }

    @Override
    public void write(int offset, int width, int value) {
        catchUp();
        boolean dlab = (lcr & LCR_DLAB) != 0;
        switch (offset) {
            case RBR_THR_DLL -> {
                if (dlab) {
                    divisor = divisor & 0xff00 | value;
                    setUp();
                } else {
                    writeTransmitter(value);
                }
            }
            case IER_DLM -> {
                if (dlab) {
                    divisor = divisor & 0xff | value << 8;
                } else {
                    writeInterruptEnable(value & IER_MASK);
                }
                setUp();
            }
            case IIR_FCR -> {
                writeFifoControl(value);
                setUp();
            }
            case LCR -> {
                writeLineControl(value);
                setUp();
            }
            case MCR -> {
                int before = modemLines();
                mcr = value & MCR_MASK;
                modemLinesChanged(before);
                setUp();
            }
            case LSR, MSR -> { } // read only; the data sheet reserves writes of LSR for factory tests
            default -> scratch = value;
        }
        driveInterrupt();
    }

    private void writeTransmitter(int value) {
        polls = 0;
        if (!loopback()) {
            output.transmit(value);
        }
        transmitter.write(value, clock.nanos(), room(), format());
    }

    private int readReceiver() {
        int value = receiver.read(clock.nanos(), room(), format());
        scheduleArrival();
        return value;
    }

    /** Brings transmitter and receiver to now, as everything begins that changes something. */
    private void catchUp() {
        changes++;
        long now = clock.nanos();
        transmitter.advance(now, room(), format(), this::shifted);
        receiver.advance(now);
    }

    private void shifted(int character, long atNanos) {
        if (loopback()) {
            int seen = (lcr & LCR_BREAK) != 0 ? SerialInput.BREAK : character & format().wordMask();
            receiver.receive(seen, atNanos, room(), format());
        }
    }

    private void onInterrupt() {
        catchUp();
        driveInterrupt();
    }

    // The sender at the other end of the line

    private void onArrival() {
        catchUp();
        if (sendable()) {
            takeFromSender();
        }
        scheduleArrival();
        driveInterrupt();
    }

    private void takeFromSender() {
        long now = clock.nanos();
        quietUntil = now + format().characterNanos();
        receiver.receive(input.take(), now, room(), format());
        followCarrier();
    }

    private void followCarrier() {
        if (carrier != input.open()) {
            carrier = !carrier;
            setModemInputs(carrier ? modemInputs | MSR_DCD : modemInputs & ~MSR_DCD);
        }
    }

    /** Whether the sender has a character and the receiver room for it. */
    private boolean sendable() {
        return !loopback() && receiver.size() < room() && input.available();
    }

    private void scheduleArrival() {
        if ((ier & IER_ERBFI) != 0 && sendable()) {
            arrival.armAtNanos(Math.max(quietUntil, clock.nanos()));
        } else if (arrival.armed()) {
            arrival.disarm();
        }
    }

    private void setUp() {
        polls = 0;
        setQuiet();
        scheduleArrival();
    }

    /** The next character is whole at the earliest one character time from now. */
    private void setQuiet() {
        quietUntil = Math.max(quietUntil, clock.nanos() + format().characterNanos());
    }

    // Status and interrupts

    private int readLineStatus() {
        if (receiver.empty() && transmitter.empty() && (ier & IER_ERBFI) == 0) {
            polls = Math.min(polls + 1, POLLS_TO_LISTEN);
            if (polls == POLLS_TO_LISTEN && sendable() && clock.nanos() >= quietUntil) {
                takeFromSender();
            }
        }
        int status = receiver.errors()
                | (receiver.empty() ? 0 : LSR_DR)
                | (transmitter.holdingEmpty() ? LSR_THRE : 0)
                | (transmitter.empty() ? LSR_TEMT : 0)
                | (fifosEnabled() && receiver.errorInFifo() ? LSR_FIFO_ERROR : 0);
        receiver.clearErrors();
        return status;
    }

    private int readModemStatus() {
        int status = modemLines() | msrDeltas;
        msrDeltas = 0;
        return status;
    }

    /** The four modem lines as MSR shows them: the pins, or in loopback the bits of MCR. */
    private int modemLines() {
        if (!loopback()) {
            return modemInputs;
        }
        return ((mcr & MCR_RTS) != 0 ? MSR_CTS : 0) | ((mcr & MCR_DTR) != 0 ? MSR_DSR : 0)
                | ((mcr & MCR_OUT1) != 0 ? MSR_RI : 0) | ((mcr & MCR_OUT2) != 0 ? MSR_DCD : 0);
    }

    private void modemLinesChanged(int before) {
        int now = modemLines();
        int deltas = (before ^ now) >> 4 & MSR_DELTAS & ~MSR_TERI;
        if ((before & ~now & MSR_RI) != 0) {
            deltas |= MSR_TERI; // only the trailing edge of RI counts
        }
        msrDeltas |= deltas;
    }

    private int readInterruptIdentification() {
        int source = interruptSource();
        if (source == IIR_TRANSMITTER_EMPTY) {
            transmitter.clearInterrupt();
        }
        return source | (fifosEnabled() ? IIR_FIFOS_ENABLED : 0);
    }

    /** The pending interrupt of highest priority (table IV of the data sheet). */
    private int interruptSource() {
        if ((ier & IER_ELSI) != 0 && receiver.errors() != 0) {
            return IIR_LINE_STATUS;
        }
        if ((ier & IER_ERBFI) != 0) {
            if (receiver.size() >= (fifosEnabled() ? TRIGGER_LEVELS[fcr >> FCR_TRIGGER_SHIFT] : 1)) {
                return IIR_DATA_AVAILABLE;
            }
            if (receiver.timeoutPending()) {
                return IIR_CHARACTER_TIMEOUT;
            }
        }
        if ((ier & IER_ETBEI) != 0 && transmitter.interruptPending()) {
            return IIR_TRANSMITTER_EMPTY;
        }
        return (ier & IER_EDSSI) != 0 && msrDeltas != 0 ? IIR_MODEM_STATUS : IIR_NONE;
    }

    /** Drives the IRQ line, and waits for the next thing that would raise it. */
    private void driveInterrupt() {
        // Loopback forces the OUT2 pin inactive, and with it the PC's gate.
        boolean gate = (mcr & MCR_OUT2) != 0 && !loopback();
        boolean level = gate && interruptSource() != IIR_NONE;
        irq.set(level);
        long next = NEVER;
        if (gate && !level) {
            if ((ier & IER_ETBEI) != 0) {
                next = transmitter.nextInterrupt(room(), format());
            }
            if ((ier & IER_ERBFI) != 0) {
                next = Math.min(next, receiver.nextTimeout());
            }
        }
        if (next != NEVER) {
            interrupt.armAtNanos(next);
        } else if (interrupt.armed()) {
            interrupt.disarm();
        }
    }

    // Set-up

    private void writeInterruptEnable(int value) {
        if ((value & ~ier & IER_ETBEI) != 0) {
            transmitter.enableInterrupt();
        }
        ier = value;
    }

    private void writeFifoControl(int value) {
        boolean toggled = ((value ^ fcr) & FCR_ENABLE) != 0;
        boolean enabled = (value & FCR_ENABLE) != 0;
        if (toggled || enabled && (value & FCR_RESET_RECEIVER) != 0) {
            receiver.reset();
        }
        if (toggled || enabled && (value & FCR_RESET_TRANSMITTER) != 0) {
            transmitter.reset(toggled);
        }
        // "FCR0 must be a 1 when other FCR bits are written to or they will not be programmed."
        fcr = enabled ? value & FCR_KEPT : 0;
    }

    private void writeLineControl(int value) {
        boolean breakBegins = (value & ~lcr & LCR_BREAK) != 0;
        lcr = value;
        if (breakBegins && loopback()) {
            // An idle line at space looks to the receiver like a character that never ends.
            transmitter.sendBreak(clock.nanos(), format());
        }
    }

    private boolean fifosEnabled() {
        return (fcr & FCR_ENABLE) != 0;
    }

    private boolean loopback() {
        return (mcr & MCR_LOOP) != 0;
    }

    /** Characters that FIFO, or THR and RBR in 16450 mode, hold. */
    private int room() {
        return fifosEnabled() ? FIFO_SIZE : 1;
    }

    private SerialFormat format() {
        return new SerialFormat(lcr, divisor, crystalHertz);
    }

    @Override
    public long changes() {
        return changes;
    }

    @Override
    public State state() {
        return new State(ier, fcr, lcr, mcr, scratch, divisor, msrDeltas, modemInputs, carrier, transmitter.state(),
                receiver.state(), polls, quietUntil);
    }

    @Override
    public void restore(State state) {
        changes++;
        ier = state.ier;
        fcr = state.fcr;
        lcr = state.lcr;
        mcr = state.mcr;
        scratch = state.scratch;
        divisor = state.divisor;
        msrDeltas = state.msrDeltas;
        modemInputs = state.modemInputs;
        carrier = state.carrier;
        transmitter.restore(state.transmitter);
        receiver.restore(state.receiver);
        polls = state.polls;
        quietUntil = state.quietUntil;
    }
}
