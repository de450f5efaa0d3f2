package trapframe.tools.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import trapframe.tools.console.EscapeKeys.Meaning;

class EscapeKeysTest {
    private static final Meaning NOTHING = new Meaning.Nothing();

    @Test
    void sendsOrdinaryKeysAndControlKeysToTheGuest() {
        assertThat(press("a\u0003\u001bx")).containsExactly(send('a'), send(3), send(0x1b), send('x'));
    }

    @Test
    void leavesWithCtrlAX() {
        assertThat(press("\u0001x")).containsExactly(NOTHING, new Meaning.Leave());
        assertThat(press("\u0001X")).containsExactly(NOTHING, new Meaning.Leave());
    }

    @Test
    void saysHowFarTheMachineIsWithCtrlAS() {
        assertThat(press("\u0001s")).containsExactly(NOTHING, new Meaning.Statistics());
        assertThat(press("\u0001S")).containsExactly(NOTHING, new Meaning.Statistics());
    }

    @Test
    void pressesThePowerButtonWithCtrlAP() {
        assertThat(press("\u0001p")).containsExactly(NOTHING, new Meaning.PowerButton());
        assertThat(press("\u0001P")).containsExactly(NOTHING, new Meaning.PowerButton());
    }

    @Test
    void helpsWithCtrlAH() {
        assertThat(press("\u0001h")).containsExactly(NOTHING, new Meaning.Help());
    }

    @Test
    void sendsCtrlAWhenItIsPressedTwice() {
        assertThat(press("\u0001\u0001x")).containsExactly(NOTHING, send(1), send('x'));
    }

    @Test
    void dropsAnUnknownKeyAfterCtrlA() {
        assertThat(press("\u0001qx")).containsExactly(NOTHING, NOTHING, send('x'));
    }

    private static Meaning send(int key) {
        return new Meaning.Send((byte) key);
    }

    private static List<Meaning> press(String keys) {
        EscapeKeys escapes = new EscapeKeys();
        return keys.chars().mapToObj(key -> escapes.press((byte) key)).toList();
    }
}
