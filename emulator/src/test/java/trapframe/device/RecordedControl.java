package trapframe.device;

import java.util.ArrayList;
import java.util.List;

/** Writes down what the chipset asked of the machine. */
public final class RecordedControl implements SystemControl {
    public final List<String> calls = new ArrayList<>();

    @Override
    public void resetRequested(String by) {
        calls.add("reset by " + by);
    }

    @Override
    public void powerOffRequested() {
        calls.add("power off");
    }

    @Override
    public void exitRequested(int value) {
        calls.add("exit " + Integer.toUnsignedString(value));
    }

    @Override
    public void a20(boolean enabled) {
        calls.add("a20 " + enabled);
    }
}
