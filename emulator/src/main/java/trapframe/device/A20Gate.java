package trapframe.device;

import trapframe.bus.Stateful;

/**
 * Address line 20's mask on a PC: the line passes while the keyboard controller's output port or system control port A
 * says so (PIIX3, "port 92"). Both do at power-on, as firmware leaves them.
 */
public final class A20Gate implements Stateful<A20Gate.State> {
    public record State(boolean keyboardController, boolean portA) { }

    private final SystemControl control;
    private boolean keyboardController = true;
    private boolean portA = true;

    public A20Gate(SystemControl control) {
        this.control = control;
    }

    public boolean keyboardController() {
        return keyboardController;
    }

    public void setKeyboardController(boolean enabled) {
        boolean before = passes();
        keyboardController = enabled;
        tell(before);
    }

    public boolean portA() {
        return portA;
    }

    public void setPortA(boolean enabled) {
        boolean before = passes();
        portA = enabled;
        tell(before);
    }

    /** Whether address line 20 passes. */
    public boolean passes() {
        return keyboardController || portA;
    }

    private void tell(boolean before) {
        if (passes() != before) {
            control.a20(passes());
        }
    }

    @Override
    public State state() {
        return new State(keyboardController, portA);
    }

    @Override
    public void restore(State state) {
        keyboardController = state.keyboardController;
        portA = state.portA;
    }
}
