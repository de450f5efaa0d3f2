package trapframe.device;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KeyboardController8042Test {
    private static final int DATA = 0x60;
    private static final int COMMAND = 0x64;
    private static final int OBF = 0x01;
    private static final int AUX = 0x20;
    private static final int TIMEOUT = 0x40;

    private final DeviceBench bench = new DeviceBench();
    private final DeviceBench.Probe irq1 = new DeviceBench.Probe();
    private final DeviceBench.Probe irq12 = new DeviceBench.Probe();
    private final RecordedControl control = new RecordedControl();
    private final A20Gate a20 = new A20Gate(control);
    private final KeyboardController8042 controller = new KeyboardController8042(irq1, irq12, control, a20);

    @BeforeEach
    void attach() {
        controller.attach(bench.ports);
    }

    private void command(int value) {
        bench.out(COMMAND, value);
    }

    private void data(int value) {
        bench.out(DATA, value);
    }

    private int status() {
        return bench.in(COMMAND);
    }

    /** The bytes that wait, in hexadecimal. */
    private String answers() {
        StringBuilder bytes = new StringBuilder();
        while ((status() & OBF) != 0) {
            bytes.append(String.format("%02x ", bench.in(DATA)));
        }
        return bytes.toString().strip();
    }

    @Test
    void theSelfTestAndBothInterfaceTestsPass() {
        command(0xaa);
        assertThat(answers()).isEqualTo("55");
        command(0xab);
        assertThat(answers()).isEqualTo("00");
        command(0xa9);
        assertThat(answers()).isEqualTo("00");
    }

    @Test
    void statusTellsCommandsFromDataAndTheSystemFlag() {
        assertThat(status()).isEqualTo(0x14);
        command(0xae);
        assertThat(status()).isEqualTo(0x1c);
        command(0x60);
        data(0x00);
        assertThat(status()).isEqualTo(0x10);
    }

    @Test
    void theCommandByteAndTheRamReadBack() {
        command(0x20);
        assertThat(answers()).isEqualTo("65");
        command(0x60);
        data(0x47);
        command(0x20);
        assertThat(answers()).isEqualTo("47");
        command(0x7f);
        data(0x12);
        command(0x3f);
        assertThat(answers()).isEqualTo("12");
    }

    @Test
    void thePortsAreDisabledAndEnabledThroughTheCommandByte() {
        command(0xad);
        command(0xa8);
        command(0x20);
        assertThat(answers()).isEqualTo("55");
        command(0xae);
        command(0xa7);
        command(0x20);
        assertThat(answers()).isEqualTo("65");
    }

    @Test
    void theKeyboardAnswersResetIdentifyAndEcho() {
        command(0x60);
        data(0x05);
        data(0xff);
        assertThat(answers()).isEqualTo("fa aa");
        data(0xf2);
        assertThat(answers()).isEqualTo("fa ab 83");
        data(0xee);
        assertThat(answers()).isEqualTo("ee");
        data(0xfe);
        assertThat(answers()).as("resend").isEqualTo("ee");
        data(0x12);
        assertThat(answers()).as("no command").isEqualTo("fe");
    }

    @Test
    void translationChangesTheIdentifierAndTheScanSet() {
        data(0xf2);
        assertThat(answers()).isEqualTo("fa ab 41");
        data(0xf0);
        data(0x00);
        assertThat(answers()).isEqualTo("fa fa 41");
    }

    @Test
    void keyboardCommandsWithAnArgumentAcknowledgeBoth() {
        for (int command : new int[] {0xed, 0xf3, 0xf0}) {
            data(command);
            assertThat(answers()).isEqualTo("fa");
            data(0x01);
            assertThat(answers()).isEqualTo("fa");
        }
        for (int command : new int[] {0xf4, 0xf5, 0xf6, 0xf8}) {
            data(command);
            assertThat(answers()).isEqualTo("fa");
        }
        data(0xed);
        assertThat(answers()).isEqualTo("fa");
        data(0xf4);
        assertThat(answers()).as("a command in place of the argument").isEqualTo("fa");
    }

    @Test
    void eachByteMakesAnEdgeOnIrq1WhileItsInterruptIsEnabled() {
        data(0xff);
        assertThat(irq1.level).isTrue();
        assertThat(irq1.rises).isEqualTo(1);
        bench.in(DATA);
        assertThat(irq1.rises).as("the second byte").isEqualTo(2);
        bench.in(DATA);
        assertThat(irq1.level).isFalse();
        command(0x60);
        data(0x44);
        data(0xff);
        assertThat(irq1.level).isFalse();
        assertThat(status() & OBF).isEqualTo(OBF);
        assertThat(irq12.rises).isZero();
    }

    @Test
    void aDisabledKeyboardKeepsItsBytesUntilItIsEnabled() {
        data(0xff);
        command(0xad);
        assertThat(answers()).as("the byte in the buffer").isEqualTo("fa");
        command(0xae);
        assertThat(answers()).isEqualTo("aa");
    }

    @Test
    void theLoopbackCommandsPutBytesIntoTheOutputBufferAsFromEitherPort() {
        command(0x60);
        data(0x47);
        command(0xd3);
        data(0x5a);
        assertThat(status() & (OBF | AUX)).isEqualTo(OBF | AUX);
        assertThat(irq12.level).isTrue();
        assertThat(bench.in(DATA)).isEqualTo(0x5a);
        assertThat(irq12.level).isFalse();
        command(0xd2);
        data(0x02);
        assertThat(status() & (OBF | AUX)).isEqualTo(OBF);
        assertThat(irq1.level).isTrue();
        assertThat(answers()).as("not translated").isEqualTo("02");
    }

    @Test
    void theEmptySecondPortTimesOut() {
        command(0xd4);
        data(0xf2);
        assertThat(status() & (OBF | AUX | TIMEOUT)).isEqualTo(OBF | AUX | TIMEOUT);
        assertThat(answers()).isEqualTo("fe");
        assertThat(status() & (OBF | AUX | TIMEOUT)).isZero();
    }

    @Test
    void theOutputPortHoldsA20AndTheResetLine() {
        command(0xd0);
        assertThat(answers()).isEqualTo("c3");
        a20.setPortA(false);
        command(0xd1);
        data(0xdd);
        command(0xd0);
        assertThat(answers()).isEqualTo("c1");
        command(0xdf);
        command(0xdd);
        command(0xd1);
        data(0xde);
        assertThat(control.calls)
                .containsExactly("a20 false", "a20 true", "a20 false", "a20 true", "reset by keyboard controller");
    }

    @Test
    void pulsingBitZeroResets() {
        command(0xff);
        assertThat(control.calls).isEmpty();
        command(0xfe);
        assertThat(control.calls).containsExactly("reset by keyboard controller");
    }

    @Test
    void anUnknownCommandIsIgnoredAndEndlessCommandsKeepABoundedQueue() {
        command(0xb7);
        assertThat(status() & OBF).isZero();
        for (int i = 0; i < 1000; i++) {
            command(0xaa);
            data(0xf2);
        }
        assertThat(controller.state().answers()).hasSizeLessThanOrEqualTo(16);
        assertThat(controller.state().keyboard().toSend()).hasSizeLessThanOrEqualTo(16);
    }
}
