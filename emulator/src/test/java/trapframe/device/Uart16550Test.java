package trapframe.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class Uart16550Test {
    private static final int BASE = 0x3f8;
    private static final int DATA = BASE;
    private static final int IER = BASE + 1;
    private static final int IIR = BASE + 2;
    private static final int FCR = BASE + 2;
    private static final int LCR = BASE + 3;
    private static final int MCR = BASE + 4;
    private static final int LSR = BASE + 5;
    private static final int MSR = BASE + 6;
    private static final int SCR = BASE + 7;

    private static final int DR = 0x01;
    private static final int OE = 0x02;
    private static final int PE = 0x04;
    private static final int FE = 0x08;
    private static final int BI = 0x10;
    private static final int THRE = 0x20;
    private static final int TEMT = 0x40;
    private static final int FIFO_ERROR = 0x80;

    private static final int OUT2 = 0x08;
    private static final int LOOP = 0x10;

    /** Ten bits at 115200 baud, rounded up. */
    private static final long CHARACTER = 86_806;
    private static final long STOP_BIT = 8_681;

    private final DeviceBench bench = new DeviceBench();
    private final DeviceBench.Probe irq = new DeviceBench.Probe();
    private final StringBuilder console = new StringBuilder();
    private final SerialInputQueue input = new SerialInputQueue();
    private final Uart16550 uart = new Uart16550("COM1", bench.events, irq, value -> console.append((char) value),
            input, Uart16550.PC_CRYSTAL_HERTZ);

    @BeforeEach
    void attach() {
        uart.attach(bench.ports, BASE);
        bench.out(MCR, OUT2);
        bench.advance(CHARACTER);
    }

    private void send(String text) {
        input.append(text.getBytes(StandardCharsets.ISO_8859_1));
        uart.inputAvailable();
    }

    private String drain() {
        StringBuilder text = new StringBuilder();
        while ((bench.in(LSR) & DR) != 0) {
            text.append((char) bench.in(DATA));
        }
        return text.toString();
    }

    @Nested
    class Registers {
        @Test
        void dlabOpensTheDivisorLatchInPlaceOfDataAndIer() {
            bench.out(IER, 0x0f);
            bench.out(LCR, 0x83);
            bench.out(DATA, 0x80);
            bench.out(IER, 0x01);
            assertThat(bench.in(DATA)).isEqualTo(0x80);
            assertThat(bench.in(IER)).isEqualTo(0x01);
            bench.out(LCR, 0x03);
            assertThat(bench.in(IER)).isEqualTo(0x0f);
            assertThat(console).as("the divisor is not data").isEmpty();
        }

        @Test
        void scratchKeepsAllBitsAndReservedBitsOfIerAndMcrReadZero() {
            for (int register : new int[] {SCR, IER, MCR}) {
                bench.out(register, 0xff);
            }
            assertThat(bench.in(SCR)).isEqualTo(0xff);
            assertThat(bench.in(IER)).isEqualTo(0x0f);
            assertThat(bench.in(MCR)).isEqualTo(0x1f);
        }

        @Test
        void iirShowsWhetherTheFifosAreOn() {
            assertThat(bench.in(IIR)).isEqualTo(0x01);
            bench.out(FCR, 0x01);
            assertThat(bench.in(IIR)).isEqualTo(0xc1);
            bench.out(FCR, 0xc6);
            assertThat(bench.in(IIR)).as("without FCR0 the other bits are not programmed").isEqualTo(0x01);
        }
    }

    @Nested
    class Transmitter {
        @Test
        void aByteReachesTheOutputAtTheWriteAndOccupiesTheShiftRegisterForACharacterTime() {
            assertThat(bench.in(LSR)).isEqualTo(THRE | TEMT);
            bench.out(DATA, 'a');
            assertThat(console).hasToString("a");
            assertThat(bench.in(LSR)).isEqualTo(THRE);
            bench.out(DATA, 'b');
            assertThat(bench.in(LSR)).isZero();
            bench.advance(CHARACTER - 1);
            assertThat(bench.in(LSR)).isZero();
            bench.advance(1);
            assertThat(bench.in(LSR)).isEqualTo(THRE);
            bench.advance(CHARACTER);
            assertThat(bench.in(LSR)).isEqualTo(THRE | TEMT);
            assertThat(console).hasToString("ab");
        }

        @Test
        void theCharacterTimeFollowsDivisorAndFormat() {
            bench.out(LCR, 0x80);
            bench.out(DATA, 12);
            // 5 data bits, parity, 1.5 stop bits: 8.5 bits at 9600 baud
            bench.out(LCR, 0x0c);
            bench.out(DATA, 1);
            bench.advance(885_416);
            assertThat(bench.in(LSR) & TEMT).isZero();
            bench.advance(1);
            assertThat(bench.in(LSR) & TEMT).isEqualTo(TEMT);
        }

        @Test
        void aWriteToAFullTransmitterReachesTheConsoleAndTakesNoLonger() {
            for (char c = 'a'; c <= 'e'; c++) {
                bench.out(DATA, c);
            }
            assertThat(console).hasToString("abcde");
            bench.advance(2 * CHARACTER);
            assertThat(bench.in(LSR)).isEqualTo(THRE | TEMT);
        }

        @Test
        void theFifoTakesSixteenMoreThanTheShiftRegister() {
            bench.out(FCR, 0x01);
            for (int i = 0; i < 20; i++) {
                bench.out(DATA, 'x');
            }
            bench.advance(16 * CHARACTER);
            assertThat(bench.in(LSR)).isEqualTo(THRE);
            bench.advance(CHARACTER);
            assertThat(bench.in(LSR)).isEqualTo(THRE | TEMT);
        }

        @Test
        void enablingTheInterruptWithAnEmptyTransmitterRaisesItAndReadingIirClearsIt() {
            bench.out(IER, 0x02);
            assertThat(irq.level).isTrue();
            assertThat(bench.in(IIR)).isEqualTo(0x02);
            assertThat(irq.level).isFalse();
            assertThat(bench.in(IIR)).isEqualTo(0x01);
            bench.out(IER, 0x02);
            assertThat(irq.level).as("it was enabled already").isFalse();
            bench.out(IER, 0x00);
            bench.out(IER, 0x02);
            assertThat(irq.level).isTrue();
        }

        @Test
        void in16450ModeTheInterruptComesWhenThrMovesToTheShiftRegister() {
            bench.out(IER, 0x02);
            bench.in(IIR);
            bench.out(DATA, 'a');
            assertThat(irq.level).isTrue();
            bench.out(DATA, 'b');
            assertThat(irq.level).as("a write to THR clears it").isFalse();
            bench.advance(CHARACTER);
            assertThat(irq.level).isTrue();
        }

        @Test
        void inFifoModeASingleByteDelaysTheInterruptByACharacterLessItsStopBit() {
            bench.out(FCR, 0x01);
            bench.out(IER, 0x02);
            bench.in(IIR);
            bench.out(DATA, 'a');
            assertThat(irq.level).isFalse();
            bench.advance(CHARACTER - STOP_BIT - 1);
            assertThat(irq.level).isFalse();
            bench.advance(2);
            assertThat(irq.level).isTrue();
        }

        @Test
        void inFifoModeSeveralBytesInterruptWhenTheLastLeavesTheFifo() {
            bench.out(FCR, 0x01);
            bench.out(IER, 0x02);
            bench.in(IIR);
            for (int i = 0; i < 3; i++) {
                bench.out(DATA, 'a');
            }
            bench.advance(2 * CHARACTER - 1);
            assertThat(irq.level).isFalse();
            bench.advance(1);
            assertThat(irq.level).isTrue();
        }

        @Test
        void resettingTheTransmitFifoDropsWhatWaitsButNotTheShiftRegister() {
            bench.out(FCR, 0x01);
            for (int i = 0; i < 10; i++) {
                bench.out(DATA, 'a');
            }
            bench.out(FCR, 0x05);
            assertThat(bench.in(LSR)).isEqualTo(THRE);
            bench.advance(CHARACTER);
            assertThat(bench.in(LSR)).isEqualTo(THRE | TEMT);
        }
    }

    @Nested
    class Receiver {
        @Test
        void charactersArriveACharacterTimeApartOnceErbfiIsSet() {
            send("xy");
            bench.advance(10 * CHARACTER);
            assertThat(bench.in(LSR) & DR).isZero();
            bench.out(IER, 0x01);
            bench.advance(CHARACTER - 1);
            assertThat(irq.level).isFalse();
            bench.advance(1);
            assertThat(irq.level).isTrue();
            assertThat(bench.in(IIR)).isEqualTo(0x04);
            assertThat(bench.in(DATA)).isEqualTo('x');
            assertThat(irq.level).isFalse();
            bench.advance(CHARACTER - 1);
            assertThat(irq.level).isFalse();
            bench.advance(1);
            assertThat(bench.in(DATA)).isEqualTo('y');
        }

        @Test
        void in16450ModeTheSenderWaitsUntilRbrIsRead() {
            bench.out(IER, 0x01);
            send("abc");
            bench.advance(50 * CHARACTER);
            assertThat(bench.in(LSR)).isEqualTo(DR | THRE | TEMT);
            assertThat(bench.in(DATA)).isEqualTo('a');
            bench.advance(1);
            assertThat(bench.in(DATA)).isEqualTo('b');
        }

        @Test
        void theFifoFillsToSixteenAndNothingOverruns() {
            bench.out(FCR, 0xc1);
            bench.out(IER, 0x05);
            send("abcdefghijklmnopqrstuvwxyz");
            bench.advance(100 * CHARACTER);
            assertThat(bench.in(LSR) & OE).isZero();
            StringBuilder text = new StringBuilder();
            while (text.length() < 26) {
                text.append(drain());
                bench.advance(CHARACTER);
            }
            assertThat(text).hasToString("abcdefghijklmnopqrstuvwxyz");
        }

        @Test
        void theTriggerLevelRaisesTheInterruptAndFallingBelowItClearsIt() {
            int[] levels = {1, 4, 8, 14};
            for (int i = 0; i < levels.length; i++) {
                bench.out(FCR, 0x03 | i << 6);
                bench.out(IER, 0x01);
                send("x".repeat(levels[i]));
                bench.advance(levels[i] * CHARACTER - 1);
                assertThat(irq.level).as("trigger %d, one character less", levels[i]).isFalse();
                bench.advance(levels[i] + 1);
                assertThat(irq.level).as("trigger %d", levels[i]).isTrue();
                assertThat(bench.in(IIR)).isEqualTo(0xc4);
                bench.in(DATA);
                assertThat(irq.level).as("below trigger %d", levels[i]).isFalse();
                bench.out(IER, 0x00);
            }
        }

        @Test
        void fourCharacterTimesOfSilenceRaiseTheTimeoutAndAReadClearsIt() {
            bench.out(FCR, 0x81);
            bench.out(IER, 0x01);
            send("ab");
            bench.advance(2 * CHARACTER);
            bench.advance(4 * CHARACTER - 1);
            assertThat(irq.level).isFalse();
            bench.advance(1);
            assertThat(irq.level).isTrue();
            assertThat(bench.in(IIR)).isEqualTo(0xcc);
            bench.in(DATA);
            assertThat(irq.level).isFalse();
            bench.advance(4 * CHARACTER);
            assertThat(irq.level).as("a character is still there").isTrue();
            bench.in(DATA);
            bench.advance(100 * CHARACTER);
            assertThat(irq.level).isFalse();
        }

        @Test
        void errorsBelongToTheCharacterAtTheTopOfTheFifo() {
            bench.out(FCR, 0xc1);
            bench.out(IER, 0x05);
            send("a");
            input.appendBreak();
            send("b");
            bench.advance(3 * CHARACTER);
            assertThat(irq.level).isFalse();
            assertThat(bench.in(LSR)).isEqualTo(FIFO_ERROR | THRE | TEMT | DR);
            assertThat(bench.in(DATA)).isEqualTo('a');
            assertThat(bench.in(IIR)).isEqualTo(0xc6);
            assertThat(bench.in(LSR)).isEqualTo(FIFO_ERROR | THRE | TEMT | BI | FE | DR);
            assertThat(bench.in(LSR)).as("reading LSR clears the errors").isEqualTo(THRE | TEMT | DR);
            assertThat(irq.level).isFalse();
            assertThat(bench.in(DATA)).isZero();
            assertThat(bench.in(DATA)).isEqualTo('b');
        }

        @Test
        void inputIsNotLostToTheResetsOfAKernelThatSetsThePortUp() {
            send("hello");
            bench.out(IER, 0x00);
            bench.out(FCR, 0x07);
            for (int i = 0; i < 5; i++) {
                bench.in(LSR);
                bench.in(DATA);
                bench.advance(CHARACTER);
            }
            bench.out(IER, 0x01);
            bench.advance(CHARACTER / 2);
            bench.out(FCR, 0x07);
            bench.advance(6 * CHARACTER);
            assertThat(drain()).isEqualTo("hello");
        }

        @Test
        void aGuestThatPollsGetsOneCharacterAfterAnother() {
            send("ok");
            for (int i = 1; i < Uart16550.POLLS_TO_LISTEN; i++) {
                assertThat(bench.in(LSR) & DR).isZero();
            }
            assertThat(bench.in(LSR) & DR).isZero();
            bench.advance(CHARACTER);
            assertThat(bench.in(LSR) & DR).isEqualTo(DR);
            assertThat(bench.in(LSR) & DR).isEqualTo(DR);
            assertThat(bench.in(DATA)).isEqualTo('o');
            assertThat(bench.in(LSR) & DR).as("a character takes its time").isZero();
            bench.advance(CHARACTER);
            assertThat(bench.in(LSR) & DR).isEqualTo(DR);
            assertThat(bench.in(DATA)).isEqualTo('k');
        }

        @Test
        void aGuestThatPollsTheTransmitterWhilePrintingIsNotListening() {
            send("x");
            for (int i = 0; i < 40; i++) {
                assertThat(bench.in(LSR) & DR).isZero();
                bench.out(DATA, '.');
                bench.advance(CHARACTER);
            }
        }
    }

    @Nested
    class Interrupts {
        @Test
        void out2GatesTheLine() {
            bench.out(MCR, 0);
            bench.out(IER, 0x02);
            assertThat(irq.level).isFalse();
            bench.out(MCR, OUT2);
            assertThat(irq.level).isTrue();
        }

        @Test
        void iirNamesTheSourceOfHighestPriority() {
            bench.out(IER, 0x0f);
            uart.setModemInputs(0);
            input.appendBreak();
            uart.inputAvailable();
            bench.advance(CHARACTER);
            assertThat(bench.in(IIR)).isEqualTo(0x06);
            bench.in(LSR);
            assertThat(bench.in(IIR)).isEqualTo(0x04);
            bench.in(DATA);
            assertThat(bench.in(IIR)).isEqualTo(0x02);
            assertThat(bench.in(IIR)).isEqualTo(0x00);
            assertThat(irq.level).isTrue();
            bench.in(MSR);
            assertThat(bench.in(IIR)).isEqualTo(0x01);
            assertThat(irq.level).isFalse();
        }
    }

    @Nested
    class Modem {
        @Test
        void msrShowsTheLinesAndTheDeltasUntilRead() {
            input.attend();
            uart.inputAvailable();
            assertThat(bench.in(MSR)).as("a terminal is connected").isEqualTo(0xb8);
            uart.setModemInputs(Uart16550.MSR_RI | Uart16550.MSR_DCD);
            assertThat(bench.in(MSR)).as("RI's leading edge is no delta").isEqualTo(0xc3);
            assertThat(bench.in(MSR)).isEqualTo(0xc0);
            uart.setModemInputs(0);
            assertThat(bench.in(MSR)).isEqualTo(0x0c);
        }

        @Test
        void carrierIsThereAsLongAsSomethingCanBeReceived() {
            assertThat(bench.in(MSR)).as("nobody sends").isEqualTo(0x30);
            send("ab");
            assertThat(bench.in(MSR)).isEqualTo(0xb8);
            bench.out(IER, 0x01);
            bench.advance(CHARACTER);
            assertThat(bench.in(DATA)).isEqualTo('a');
            assertThat(bench.in(MSR)).as("one more is to come").isEqualTo(0xb0);
            bench.advance(CHARACTER);
            assertThat(bench.in(MSR)).as("the last one is received").isEqualTo(0x38);
            assertThat(bench.in(DATA)).isEqualTo('b');
        }

        @Test
        void aLostCarrierInterruptsTogetherWithTheLastCharacter() {
            send("a");
            bench.out(IER, 0x09);
            bench.in(MSR);
            bench.advance(CHARACTER);
            assertThat(irq.level).isTrue();
            bench.in(DATA);
            assertThat(bench.in(IIR)).isEqualTo(0x00);
            assertThat(bench.in(MSR)).isEqualTo(0x38);
            assertThat(irq.level).isFalse();
        }

        @Test
        void aTerminalKeepsTheCarrierUntilItHangsUp() {
            input.attend();
            send("a");
            bench.out(IER, 0x01);
            bench.advance(CHARACTER);
            assertThat(bench.in(MSR) & 0x80).isEqualTo(0x80);
            input.hangUp();
            uart.inputAvailable();
            assertThat(bench.in(MSR) & 0x88).isEqualTo(0x08);
        }

        @Test
        void loopbackMapsMcrToMsr() {
            bench.out(MCR, LOOP);
            bench.in(MSR);
            int[][] pairs = {{0x01, 0x20}, {0x02, 0x10}, {0x04, 0x40}, {0x08, 0x80}};
            for (int[] pair : pairs) {
                bench.out(MCR, LOOP | pair[0]);
                assertThat(bench.in(MSR) & 0xf0).isEqualTo(pair[1]);
                bench.out(MCR, LOOP);
                assertThat(bench.in(MSR) & 0x0f).isEqualTo(pair[1] >> 4);
            }
        }
    }

    @Nested
    class Loopback {
        @BeforeEach
        void on() {
            bench.out(MCR, LOOP | OUT2);
        }

        @Test
        void aCharacterComesBackAfterItsTimeCutToTheWordLengthAndIsNotSent() {
            send("z");
            bench.out(LCR, 0x02);
            bench.out(IER, 0x01);
            bench.out(DATA, 0xae);
            assertThat(bench.in(LSR) & DR).isZero();
            bench.advance(CHARACTER);
            assertThat(bench.in(LSR) & DR).isEqualTo(DR);
            assertThat(irq.level).as("OUT2's pin is inactive in loopback").isFalse();
            assertThat(bench.in(IIR)).isEqualTo(0x04);
            assertThat(bench.in(DATA)).isEqualTo(0x2e);
            assertThat(console).isEmpty();
            bench.advance(10 * CHARACTER);
            assertThat(bench.in(LSR) & DR).as("the line is disconnected").isZero();
        }

        @Test
        void anUnreadCharacterIsOverrunIn16450Mode() {
            bench.out(DATA, 'a');
            bench.out(DATA, 'b');
            bench.advance(2 * CHARACTER);
            assertThat(bench.in(LSR)).isEqualTo(THRE | TEMT | OE | DR);
            assertThat(bench.in(LSR)).isEqualTo(THRE | TEMT | DR);
            assertThat(bench.in(DATA)).isEqualTo('b');
        }

        @Test
        void theSeventeenthCharacterOverrunsTheFifoAndIsLost() {
            bench.out(FCR, 0x01);
            for (int i = 0; i < 17; i++) {
                bench.out(DATA, 'a' + i);
            }
            bench.advance(17 * CHARACTER);
            assertThat(bench.in(LSR) & OE).isEqualTo(OE);
            assertThat(drain()).isEqualTo("abcdefghijklmnop");
        }

        @Test
        void settingBreakIsReceivedAsABreakCharacter() {
            bench.out(LCR, 0x43);
            bench.advance(CHARACTER);
            assertThat(bench.in(LSR) & (BI | FE | PE | DR)).isEqualTo(BI | FE | DR);
            assertThat(bench.in(DATA)).isZero();
        }
    }

    @Test
    void anIdlePortMakesNoEvents() {
        bench.out(IER, 0x0f);
        bench.out(FCR, 0x01);
        bench.eventsRun = 0;
        bench.advance(1_000_000_000);
        assertThat(bench.eventsRun).isZero();
    }

    @Test
    void aPolledTransmitterMakesNoEventsAndAnInterruptDrivenOneAnEventForEachFullFifo() {
        bench.out(FCR, 0x01);
        bench.eventsRun = 0;
        for (int i = 0; i < 16; i++) {
            bench.out(DATA, 'x');
        }
        bench.advance(20 * CHARACTER);
        assertThat(bench.in(LSR)).isEqualTo(THRE | TEMT);
        assertThat(bench.eventsRun).isZero();
        bench.out(IER, 0x02);
        bench.in(IIR);
        for (int i = 0; i < 16; i++) {
            bench.out(DATA, 'x');
        }
        bench.advance(20 * CHARACTER);
        assertThat(irq.level).isTrue();
        assertThat(bench.eventsRun).isEqualTo(1);
    }

    @Test
    void linuxsProbeFindsA16550A() {
        bench.out(IER, 0x00);
        assertThat(bench.in(IER) & 0x0f).isZero();
        bench.out(IER, 0x0f);
        assertThat(bench.in(IER) & 0x0f).isEqualTo(0x0f);
        bench.out(IER, 0x00);
        bench.out(MCR, LOOP | 0x0a);
        assertThat(bench.in(MSR) & 0xf0).isEqualTo(0x90);
        bench.out(MCR, OUT2);
        bench.out(LCR, 0x00);
        bench.out(FCR, 0x01);
        assertThat(bench.in(IIR) >> 6).as("the FIFOs work").isEqualTo(3);
        bench.out(LCR, 0x80);
        assertThat(bench.in(IIR)).as("no enhanced feature register").isNotZero();
        bench.out(FCR, 0x21);
        assertThat(bench.in(IIR) & 0x20).as("no 64-byte FIFO").isZero();
        bench.out(LCR, 0x03);
        bench.out(IER, 0x02);
        assertThat(bench.in(IIR) & 0x0f).as("THRE interrupts at once").isEqualTo(0x02);
        bench.out(IER, 0x00);
        bench.out(IER, 0x02);
        assertThat(bench.in(IIR) & 0x0f).as("and again").isEqualTo(0x02);
    }

    @Test
    void aFasterCrystalShortensEveryCharacter() {
        DeviceBench other = new DeviceBench();
        Uart16550 fast = new Uart16550("COM2", other.events, irq, value -> { }, input, 100 * Uart16550.PC_CRYSTAL_HERTZ);
        fast.attach(other.ports, Uart16550.COM2_PORT);
        other.out(Uart16550.COM2_PORT, 'x');
        other.advance(868);
        assertThat(other.in(Uart16550.COM2_PORT + 5) & TEMT).isZero();
        other.advance(1);
        assertThat(other.in(Uart16550.COM2_PORT + 5) & TEMT).isEqualTo(TEMT);
    }
}
