package trapframe.device;

import java.util.ArrayList;
import java.util.List;
import trapframe.bus.InterruptLine;
import trapframe.bus.PortBus;
import trapframe.bus.PortDevice;
import trapframe.bus.Stateful;

/**
 * The PC's keyboard controller: an Intel 8042 with the IBM PS/2's program (PS/2 Hardware Interface Technical Reference,
 * "Keyboard and auxiliary device controller"), data at port 0x60, status and commands at 0x64, IRQ1 and IRQ12.
 *
 * <p>Modelled: the command byte and the controller's RAM, self test, both interface tests, enabling and disabling of
 * both ports, input and output port with address line 20 and reset, the pulse commands, the loop-back commands 0xd2
 * and 0xd3, interrupt gating, and a {@link Ps2Keyboard} that answers every command. Answers are ready at once: IBF is
 * never seen set, and a byte that waits follows when the one before it is read, with a new edge on its line.
 *
 * <p>The second port is there, but nothing is plugged in: what is sent to it comes back as 0xfe with the time-out bit.
 *
 * <p>Not modelled: the time on the serial wires, parity errors, the password, and key strokes (so translation
 * covers only what a keyboard answers). Power-on is what firmware leaves: self test passed, keyboard enabled and translated, second
 * port disabled.
 */
public final class KeyboardController8042 implements Stateful<KeyboardController8042.State> {
    public static final int DATA_PORT = 0x60;
    public static final int COMMAND_PORT = 0x64;
    public static final int KEYBOARD_IRQ = 1;
    public static final int AUXILIARY_IRQ = 12;

    private static final String NO_KEY = "no key is ever pressed";

    private static final int STATUS_OUTPUT_FULL = 0x01;
    private static final int STATUS_SYSTEM = 0x04;
    private static final int STATUS_COMMAND = 0x08;
    private static final int STATUS_NOT_LOCKED = 0x10;
    private static final int STATUS_AUXILIARY = 0x20;
    private static final int STATUS_TIMEOUT = 0x40;

    private static final int BYTE_KEYBOARD_INTERRUPT = 0x01;
    private static final int BYTE_AUXILIARY_INTERRUPT = 0x02;
    private static final int BYTE_SYSTEM = 0x04;
    private static final int BYTE_DISABLE_KEYBOARD = 0x10;
    private static final int BYTE_DISABLE_AUXILIARY = 0x20;
    private static final int BYTE_TRANSLATE = 0x40;
    private static final int FIRMWARE_BYTE =
            BYTE_KEYBOARD_INTERRUPT | BYTE_SYSTEM | BYTE_DISABLE_AUXILIARY | BYTE_TRANSLATE;

    private static final int READ_RAM = 0x20;
    private static final int WRITE_RAM = 0x60;
    private static final int RAM_BYTES = 32;
    private static final int TEST_PASSWORD = 0xa4;
    private static final int DISABLE_AUXILIARY = 0xa7;
    private static final int ENABLE_AUXILIARY = 0xa8;
    private static final int TEST_AUXILIARY = 0xa9;
    private static final int SELF_TEST = 0xaa;
    private static final int TEST_KEYBOARD = 0xab;
    private static final int DISABLE_KEYBOARD = 0xad;
    private static final int ENABLE_KEYBOARD = 0xae;
    private static final int READ_INPUT_PORT = 0xc0;
    private static final int READ_OUTPUT_PORT = 0xd0;
    private static final int WRITE_OUTPUT_PORT = 0xd1;
    private static final int WRITE_KEYBOARD_BUFFER = 0xd2;
    private static final int WRITE_AUXILIARY_BUFFER = 0xd3;
    private static final int WRITE_AUXILIARY = 0xd4;
    private static final int DISABLE_A20 = 0xdd;
    private static final int ENABLE_A20 = 0xdf;
    private static final int READ_TEST_INPUTS = 0xe0;
    private static final int PULSE_OUTPUT_PORT = 0xf0;

    private static final int SELF_TEST_PASSED = 0x55;
    private static final int INTERFACE_TEST_PASSED = 0x00;
    private static final int NO_PASSWORD = 0xf1;
    private static final int NO_ANSWER = 0xfe;
    /** Not locked, manufacturing jumper open, 512 KiB on the board. */
    private static final int INPUT_PORT = 0xb0;
    /** Clock and data of the keyboard idle. */
    private static final int TEST_INPUTS = 0x03;

    private static final int OUTPUT_NOT_RESET = 0x01;
    private static final int OUTPUT_A20 = 0x02;
    private static final int OUTPUT_KEYBOARD_FULL = 0x10;
    private static final int OUTPUT_AUXILIARY_FULL = 0x20;
    private static final int OUTPUT_IDLE_WIRES = 0xc0;

    /** Marks on a waiting byte, in the bits above it. */
    private static final int FROM_AUXILIARY = 0x100;
    private static final int TIMED_OUT = 0x200;
    private static final int NONE = -1;
    private static final int MOST_ANSWERS = 16;
    private static final String NAME = "keyboard controller";

    /**
     * @param ram         the controller's RAM; byte 0 is the command byte
     * @param full        whether the output buffer holds a byte (OBF)
     * @param buffer      the byte in it, with 0x100 for the second port and 0x200 for a time-out
     * @param answers     the controller's own bytes that wait for the output buffer
     * @param awaiting    the command whose argument is the next byte at port 0x60, or -1
     * @param lastCommand whether the last write was a command
     */
    public record State(List<Integer> ram, boolean full, int buffer, List<Integer> answers, int awaiting,
                        boolean lastCommand, Keyboard keyboard) { }

    /**
     * The state of the keyboard.
     *
     * @param toSend   bytes that wait for the controller
     * @param awaiting the command whose argument is the next byte, or -1
     */
    public record Keyboard(List<Integer> toSend, int awaiting, int lastSent, int scanSet, int leds, int typematic,
                           boolean enabled) { }

    private final InterruptLine irq1;
    private final InterruptLine irq12;
    private final SystemControl control;
    private final A20Gate a20;
    private final Ps2Keyboard keyboard = new Ps2Keyboard();
    private final int[] ram = new int[RAM_BYTES];
    private boolean full;
    private int buffer;
    private final List<Integer> answers = new ArrayList<>();
    private int awaiting = NONE;
    private boolean lastCommand;
    private long changes;

    public KeyboardController8042(InterruptLine irq1, InterruptLine irq12, SystemControl control, A20Gate a20) {
        this.irq1 = irq1;
        this.irq12 = irq12;
        this.control = control;
        this.a20 = a20;
        ram[0] = FIRMWARE_BYTE;
    }

    public void attach(PortBus bus) {
        bus.attach("8042 data", DATA_PORT, 1, new PortDevice() {
            @Override
            public int read(int offset, int width) {
                return readData();
            }

            @Override
            public int steadyBits(int offset, int width) {
                return full || hasNext() ? 0 : 0xff;
            }

            @Override
            public String whySteady(int offset) {
                return NO_KEY;
            }

            @Override
            public void write(int offset, int width, int value) {
                writeData(value);
            }
        });
        bus.attach("8042 status and command", COMMAND_PORT, 1, new PortDevice() {
            @Override
            public int read(int offset, int width) {
                return status();
            }

            /** No key is ever pressed: only accesses change anything. */
            @Override
            public int steadyBits(int offset, int width) {
                return 0xff;
            }

            @Override
            public String whySteady(int offset) {
                return NO_KEY;
            }

            @Override
            public void write(int offset, int width, int value) {
                writeCommand(value);
            }
        });
    }

    private int status() {
        return STATUS_NOT_LOCKED
                | (full ? STATUS_OUTPUT_FULL : 0)
                | ((ram[0] & BYTE_SYSTEM) != 0 ? STATUS_SYSTEM : 0)
                | (lastCommand ? STATUS_COMMAND : 0)
                | (full && (buffer & FROM_AUXILIARY) != 0 ? STATUS_AUXILIARY : 0)
                | (full && (buffer & TIMED_OUT) != 0 ? STATUS_TIMEOUT : 0);
    }

    private int readData() {
        changes++;
        full = false;
        driveLines();
        int value = buffer & 0xff;
        fill();
        return value;
    }

    private void writeData(int value) {
        changes++;
        lastCommand = false;
        int command = awaiting;
        awaiting = NONE;
        switch (command) {
            case NONE -> {
                // The controller releases the clock of the port that it sends to.
                ram[0] &= ~BYTE_DISABLE_KEYBOARD;
                keyboard.write(value);
            }
            case WRITE_OUTPUT_PORT -> writeOutputPort(value);
            case WRITE_KEYBOARD_BUFFER -> answer(value);
            case WRITE_AUXILIARY_BUFFER -> answer(value | FROM_AUXILIARY);
            case WRITE_AUXILIARY -> {
                ram[0] &= ~BYTE_DISABLE_AUXILIARY;
                answer(NO_ANSWER | FROM_AUXILIARY | TIMED_OUT);
            }
            default -> ram[command & RAM_BYTES - 1] = value;
        }
        fill();
        driveLines();
    }

    private void writeCommand(int command) {
        changes++;
        lastCommand = true;
        awaiting = NONE;
        if (command >= READ_RAM && command < READ_RAM + RAM_BYTES) {
            answer(ram[command & RAM_BYTES - 1]);
        } else if (command >= WRITE_RAM && command < WRITE_RAM + RAM_BYTES) {
            awaiting = command;
        } else if (command >= PULSE_OUTPUT_PORT) {
            pulse(command);
        } else {
            writeNamedCommand(command);
        }
        fill();
        driveLines();
    }

    private void writeNamedCommand(int command) {
        switch (command) {
            case TEST_PASSWORD -> answer(NO_PASSWORD);
            case DISABLE_AUXILIARY -> ram[0] |= BYTE_DISABLE_AUXILIARY;
            case ENABLE_AUXILIARY -> ram[0] &= ~BYTE_DISABLE_AUXILIARY;
            case TEST_AUXILIARY, TEST_KEYBOARD -> answer(INTERFACE_TEST_PASSED);
            case SELF_TEST -> {
                ram[0] |= BYTE_SYSTEM;
                answer(SELF_TEST_PASSED);
            }
            case DISABLE_KEYBOARD -> ram[0] |= BYTE_DISABLE_KEYBOARD;
            case ENABLE_KEYBOARD -> ram[0] &= ~BYTE_DISABLE_KEYBOARD;
            case READ_INPUT_PORT -> answer(INPUT_PORT);
            case READ_OUTPUT_PORT -> answer(outputPort());
            case READ_TEST_INPUTS -> answer(TEST_INPUTS);
            case WRITE_OUTPUT_PORT, WRITE_KEYBOARD_BUFFER, WRITE_AUXILIARY_BUFFER, WRITE_AUXILIARY ->
                    awaiting = command;
            case DISABLE_A20 -> a20.setKeyboardController(false);
            case ENABLE_A20 -> a20.setKeyboardController(true);
            default -> { } // no such command: the program ignores it
        }
    }

    private int outputPort() {
        boolean auxiliary = (buffer & FROM_AUXILIARY) != 0;
        return OUTPUT_IDLE_WIRES | OUTPUT_NOT_RESET
                | (a20.keyboardController() ? OUTPUT_A20 : 0)
                | (full && !auxiliary ? OUTPUT_KEYBOARD_FULL : 0)
                | (full && auxiliary ? OUTPUT_AUXILIARY_FULL : 0);
    }

    private void writeOutputPort(int value) {
        a20.setKeyboardController((value & OUTPUT_A20) != 0);
        if ((value & OUTPUT_NOT_RESET) == 0) {
            control.resetRequested(NAME);
        }
    }

    /** Pulls the output bits low for 6 us whose bits in the command are 0; only the reset line notices. */
    private void pulse(int command) {
        if ((command & OUTPUT_NOT_RESET) == 0) {
            control.resetRequested(NAME);
        }
    }

    /** A byte of the controller's own; one more than fits is lost. */
    private void answer(int value) {
        if (answers.size() < MOST_ANSWERS) {
            answers.add(value);
        }
    }

    /** Puts the next waiting byte into an empty output buffer. */
    private void fill() {
        if (full) {
            return;
        }
        if (hasNext()) {
            buffer = answers.isEmpty() ? translate(keyboard.takeByte()) : answers.removeFirst();
            full = true;
            driveLines();
        }
    }

    /** Whether a byte waits for the output buffer. */
    private boolean hasNext() {
        return !answers.isEmpty() || (ram[0] & BYTE_DISABLE_KEYBOARD) == 0 && keyboard.hasByte();
    }

    /** Scan code set 2 to set 1, as far as a keyboard's answers are changed by it. */
    private int translate(int value) {
        if ((ram[0] & BYTE_TRANSLATE) == 0) {
            return value;
        }
        return switch (value) {
            case 0x01 -> 0x43;
            case 0x02, 0x83 -> 0x41;
            case 0x03 -> 0x3f;
            default -> value;
        };
    }

    private void driveLines() {
        boolean auxiliary = (buffer & FROM_AUXILIARY) != 0;
        irq1.set(full && !auxiliary && (ram[0] & BYTE_KEYBOARD_INTERRUPT) != 0);
        irq12.set(full && auxiliary && (ram[0] & BYTE_AUXILIARY_INTERRUPT) != 0);
    }

    @Override
    public long changes() {
        return changes;
    }

    @Override
    public State state() {
        List<Integer> bytes = new ArrayList<>(RAM_BYTES);
        for (int value : ram) {
            bytes.add(value);
        }
        return new State(List.copyOf(bytes), full, buffer, List.copyOf(answers), awaiting, lastCommand,
                keyboard.state());
    }

    @Override
    public void restore(State state) {
        changes++;
        for (int i = 0; i < RAM_BYTES; i++) {
            ram[i] = state.ram.get(i);
        }
        full = state.full;
        buffer = state.buffer;
        answers.clear();
        answers.addAll(state.answers);
        awaiting = state.awaiting;
        lastCommand = state.lastCommand;
        keyboard.restore(state.keyboard);
    }
}
