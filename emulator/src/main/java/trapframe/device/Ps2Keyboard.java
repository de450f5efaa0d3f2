package trapframe.device;

import java.util.ArrayList;
import java.util.List;
import trapframe.bus.Stateful;
import trapframe.device.KeyboardController8042.Keyboard;

/**
 * The keyboard at the first port of {@link KeyboardController8042}: an IBM PS/2 keyboard (PS/2 Hardware Interface
 * Technical Reference, "Keyboards (101- and 102-key)") that answers every command and on which nobody types.
 */
final class Ps2Keyboard implements Stateful<Keyboard> {
    private static final int SET_LEDS = 0xed;
    private static final int ECHO = 0xee;
    private static final int SCAN_SET = 0xf0;
    private static final int IDENTIFY = 0xf2;
    private static final int TYPEMATIC = 0xf3;
    private static final int ENABLE = 0xf4;
    private static final int DISABLE = 0xf5;
    private static final int DEFAULTS = 0xf6;
    private static final int ALL_KEYS_FIRST = 0xf7;
    private static final int ONE_KEY_FIRST = 0xfb;
    private static final int ONE_KEY_LAST = 0xfd;
    private static final int RESEND = 0xfe;
    private static final int RESET = 0xff;

    private static final int ACKNOWLEDGE = 0xfa;
    private static final int SELF_TEST_PASSED = 0xaa;
    private static final int[] IDENTIFIER = {0xab, 0x83};
    private static final int DEFAULT_SET = 2;
    private static final int DEFAULT_TYPEMATIC = 0x2b;
    private static final int NONE = -1;
    private static final int BUFFER_SIZE = 16;

    private final List<Integer> toSend = new ArrayList<>();
    private int awaiting = NONE;
    private int lastSent;
    private int scanSet = DEFAULT_SET;
    private int leds;
    private int typematic = DEFAULT_TYPEMATIC;
    private boolean enabled = true;

    boolean hasByte() {
        return !toSend.isEmpty();
    }

    /** Takes the next byte from the keyboard. */
    int takeByte() {
        lastSent = toSend.removeFirst();
        return lastSent;
    }

    /** A byte from the controller: a command, or the argument of the last one. */
    void write(int value) {
        int command = awaiting;
        awaiting = NONE;
        if (command != NONE && value < SET_LEDS) {
            argument(command, value);
        } else {
            command(value);
        }
    }

    private void argument(int command, int value) {
        switch (command) {
            case SET_LEDS -> leds = value & 7;
            case TYPEMATIC -> typematic = value & 0x7f;
            case SCAN_SET -> {
                if (value > 3) {
                    reply(RESEND);
                    return;
                }
                if (value == 0) {
                    reply(ACKNOWLEDGE);
                    reply(scanSet);
                    return;
                }
                scanSet = value;
            }
            default -> { } // a key's scan code for set 3: no key is ever pressed
        }
        reply(ACKNOWLEDGE);
    }

    private void command(int value) {
        switch (value) {
            case ECHO -> reply(ECHO);
            case RESEND -> reply(lastSent);
            case IDENTIFY -> {
                reply(ACKNOWLEDGE);
                for (int identifier : IDENTIFIER) {
                    reply(identifier);
                }
            }
            case RESET -> {
                toSend.clear();
                defaults();
                enabled = true;
                leds = 0;
                reply(ACKNOWLEDGE);
                reply(SELF_TEST_PASSED);
            }
            case ENABLE -> {
                toSend.clear();
                enabled = true;
                reply(ACKNOWLEDGE);
            }
            case DISABLE, DEFAULTS -> {
                toSend.clear();
                defaults();
                enabled = value == DEFAULTS;
                reply(ACKNOWLEDGE);
            }
            case SET_LEDS, TYPEMATIC, SCAN_SET -> {
                awaiting = value;
                reply(ACKNOWLEDGE);
            }
            default -> {
                if (value >= ONE_KEY_FIRST && value <= ONE_KEY_LAST) {
                    awaiting = value;
                }
                reply(value >= ALL_KEYS_FIRST ? ACKNOWLEDGE : RESEND);
            }
        }
    }

    private void defaults() {
        scanSet = DEFAULT_SET;
        typematic = DEFAULT_TYPEMATIC;
    }

    private void reply(int value) {
        if (toSend.size() < BUFFER_SIZE) {
            toSend.add(value);
        }
    }

    @Override
    public Keyboard state() {
        return new Keyboard(List.copyOf(toSend), awaiting, lastSent, scanSet, leds, typematic, enabled);
    }

    @Override
    public void restore(Keyboard state) {
        toSend.clear();
        toSend.addAll(state.toSend());
        awaiting = state.awaiting();
        lastSent = state.lastSent();
        scanSet = state.scanSet();
        leds = state.leds();
        typematic = state.typematic();
        enabled = state.enabled();
    }
}
