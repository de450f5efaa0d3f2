package trapframe.device.apic;

import static org.assertj.core.api.Assertions.assertThat;
import static trapframe.device.apic.ApicBench.LEGACY_VECTOR;
import static trapframe.device.apic.ApicBench.LVT_LINT0;
import static trapframe.device.apic.ApicBench.MASKED;
import static trapframe.device.apic.ApicBench.SVR;
import static trapframe.device.apic.ApicBench.TMR;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import trapframe.device.DeviceBench;
import trapframe.device.InterruptController8259;

/** Intel 82093AA (290566). */
class IoApicTest {
    private static final int LEVEL = 1 << 15;
    private static final int REMOTE_IRR = 1 << 14;
    private static final int ACTIVE_LOW = 1 << 13;
    private static final int LOGICAL = 1 << 11;

    private final ApicBench bench = new ApicBench(2).enableAll();
    private final IoApic ioApic = bench.ioApic;

    @BeforeEach
    void takeThe8259sFromLint0() {
        bench.write(0, LVT_LINT0, MASKED);
    }

    private void set(int pin, boolean level) {
        ioApic.pin(pin).set(level);
    }

    private int low(int pin) {
        return bench.readPin(pin, 0);
    }

    private boolean intr() {
        return bench.processors.getFirst().intr;
    }

    private void takeAndEnd(int vector) {
        assertThat(bench.acknowledge(0)).isEqualTo(vector);
        bench.eoi(0);
    }

    @Test
    void identifiesItselfAsAn82093WithAllPinsMasked() {
        ioApic.write(0, 4, 1);
        assertThat(ioApic.read(0x10, 4)).isEqualTo(0x0017_0011L);
        ioApic.write(0, 4, 0);
        assertThat(ioApic.read(0x10, 4)).isEqualTo(2 << 24);
        ioApic.write(0x10, 4, 0xffff_ffffL);
        assertThat(ioApic.read(0x10, 4)).isEqualTo(0xff00_0000L);
        ioApic.write(0, 4, 2);
        assertThat(ioApic.read(0x10, 4)).as("arbitration ID").isEqualTo(0xff00_0000L);
        ioApic.write(0, 4, 0x40);
        assertThat(ioApic.read(0x10, 4)).as("no register").isZero();
        for (int pin = 0; pin < IoApic.PINS; pin++) {
            assertThat(low(pin)).isEqualTo(MASKED);
            assertThat(bench.readPin(pin, 1)).isZero();
        }
    }

    @Test
    void entriesKeepTheBitsThatTheDataSheetDefines() {
        bench.writePin(5, 0xff, -1);
        assertThat(low(5)).isEqualTo(0x1_afff);
        assertThat(bench.readPin(5, 1)).isEqualTo(0xff00_0000);
        assertThat(ioApic.read(0, 4)).as("IOREGSEL").isEqualTo(0x1b);
    }

    @Test
    void anEdgeIsSentOnceAndHasNoEnd() {
        bench.writePin(4, 0, 0x34);
        set(4, true);
        takeAndEnd(0x34);
        assertThat(intr()).isFalse();
        set(4, false);
        assertThat(intr()).isFalse();
        set(4, true);
        takeAndEnd(0x34);
        assertThat(ioApic.sent(4)).isEqualTo(2);
        assertThat(low(4) & REMOTE_IRR).isZero();
    }

    @Test
    void anEdgeAtAMaskedPinIsLost() {
        bench.writePin(4, 0, MASKED | 0x34);
        set(4, true);
        bench.writePin(4, 0, 0x34);
        assertThat(intr()).isFalse();
        set(4, false);
        set(4, true);
        assertThat(intr()).isTrue();
    }

    @Test
    void aLevelIsSentAgainAfterItsEndWhileItLasts() {
        bench.writePin(9, 0, LEVEL | 0x39);
        set(9, true);
        assertThat(low(9) & REMOTE_IRR).isNotZero();
        assertThat(bench.has(0, TMR, 0x39)).isTrue();
        takeAndEnd(0x39);
        assertThat(intr()).as("still asserted").isTrue();
        assertThat(bench.acknowledge(0)).isEqualTo(0x39);
        set(9, false);
        assertThat(low(9) & REMOTE_IRR).as("until the end").isNotZero();
        bench.eoi(0);
        assertThat(intr()).isFalse();
        assertThat(low(9) & REMOTE_IRR).isZero();
    }

    @Test
    void aLevelThatFallsAndRisesBeforeItsEndIsOneInterruptMore() {
        bench.writePin(9, 0, LEVEL | 0x39);
        set(9, true);
        bench.acknowledge(0);
        set(9, false);
        set(9, true);
        assertThat(intr()).isFalse();
        bench.eoi(0);
        assertThat(intr()).isTrue();
    }

    @Test
    void aMaskedLevelIsSentWhenTheMaskFalls() {
        bench.writePin(9, 0, LEVEL | MASKED | 0x39);
        set(9, true);
        assertThat(intr()).isFalse();
        bench.writePin(9, 0, LEVEL | 0x39);
        assertThat(intr()).isTrue();
    }

    @Test
    void lowCanBeActive() {
        bench.writePin(16, 0, ACTIVE_LOW | LEVEL | MASKED | 0x50);
        set(16, true);
        bench.writePin(16, 0, ACTIVE_LOW | LEVEL | 0x50);
        assertThat(intr()).isFalse();
        set(16, false);
        assertThat(intr()).isTrue();
        bench.acknowledge(0);
        set(16, true);
        bench.eoi(0);
        assertThat(intr()).isFalse();

        bench.writePin(4, 0, ACTIVE_LOW | 0x34);
        set(4, true);
        set(4, false);
        takeAndEnd(0x34);
    }

    @Test
    void pinsThatSignalTheSameVectorEndTogether() {
        bench.writePin(10, 0, LEVEL | 0x60);
        bench.writePin(11, 0, LEVEL | 0x60);
        set(10, true);
        set(11, true);
        bench.acknowledge(0);
        set(10, false);
        bench.eoi(0);
        assertThat(low(10) & REMOTE_IRR).isZero();
        assertThat(low(11) & REMOTE_IRR).isNotZero();
        assertThat(intr()).isTrue();
    }

    /** The way in which kernels end an interrupt of an I/O APIC that has no EOI register. */
    @Test
    void settingAnEntryToEdgeClearsItsRemoteIrr() {
        bench.writePin(9, 0, LEVEL | 0x39);
        set(9, true);
        bench.writePin(9, 0, MASKED | 0x39);
        assertThat(low(9) & REMOTE_IRR).isZero();
        set(9, false);
        bench.writePin(9, 0, LEVEL | 0x39);
        set(9, true);
        assertThat(low(9) & REMOTE_IRR).isNotZero();
    }

    @Test
    void aLevelThatNobodyTakesIsTriedAgainAtTheNextChange() {
        bench.write(0, SVR, 0xff);
        bench.writePin(9, 0, LEVEL | 0x39);
        set(9, true);
        assertThat(low(9) & REMOTE_IRR).isZero();
        bench.write(0, SVR, 0x1ff);
        set(9, true);
        assertThat(intr()).isTrue();
    }

    @Test
    void destinationsArePhysicalOrLogical() {
        bench.writePin(4, 1, 0x34);
        set(4, true);
        assertThat(bench.requestedAt(0x34)).containsExactly(1);
        bench.write(0, ApicBench.LDR, 1 << 24);
        bench.write(1, ApicBench.LDR, 2 << 24);
        bench.writePin(5, 3, LOGICAL | 0x35);
        set(5, true);
        assertThat(bench.requestedAt(0x35)).containsExactly(0, 1);
    }

    @Test
    void nmiAndInitAreEdgesWhateverTheEntrySays() {
        bench.writePin(2, 0, LEVEL | 4 << 8);
        assertThat(ioApic.hasUnmaskablePin()).isTrue();
        set(2, true);
        set(2, false);
        set(2, true);
        assertThat(bench.processors.getFirst().signals).containsExactly("nmi", "nmi");
        assertThat(low(2) & REMOTE_IRR).isZero();
        bench.writePin(2, 0, 5 << 8);
        set(2, false);
        set(2, true);
        assertThat(bench.processors.getFirst().signals).containsExactly("nmi", "nmi", "init");
    }

    @Test
    void anExternalInterruptComesByMessageAndAsksThe8259s() {
        bench.writePin(0, 0, 7 << 8);
        set(0, true);
        assertThat(intr()).isTrue();
        assertThat(bench.acknowledge(0)).isEqualTo(LEGACY_VECTOR);
        assertThat(intr()).isFalse();
    }

    /** Virtual wire by way of the I/O APIC: each request of the 8259s is an edge at pin 0. */
    @Test
    void the8259sAtPin0LoseNoInterrupt() {
        DeviceBench board = bench.bench;
        InterruptController8259[] pic = new InterruptController8259[1];
        ApicBus bus = new ApicBus(1, board.events, () -> pic[0].acknowledge(), 0);
        ApicBench.Processor processor = new ApicBench.Processor();
        bus.apics().getFirst().connect(processor);
        bus.apics().getFirst().registers().write(LVT_LINT0, 4, MASKED);
        IoApic virtualWire = new IoApic(bus, 1, 0);
        pic[0] = new InterruptController8259(virtualWire.pin(IoApic.PIN_OF_8259));
        pic[0].attach(board.ports);
        for (int port : new int[] {0x20, 0xa0}) {
            board.out(port, 0x11);
            board.out(port + 1, port == 0x20 ? 0x30 : 0x38);
            board.out(port + 1, port == 0x20 ? 4 : 2);
            board.out(port + 1, 1);
        }
        virtualWire.write(0, 4, 0x10);
        virtualWire.write(0x10, 4, 7 << 8);
        pic[0].line(4).set(true);
        pic[0].line(1).set(true);
        assertThat(processor.intr).isTrue();
        assertThat(bus.apics().getFirst().acknowledge()).isEqualTo(0x31);
        assertThat(processor.intr).isFalse();
        board.out(0x20, 0x20);
        assertThat(processor.intr).isTrue();
        assertThat(bus.apics().getFirst().acknowledge()).isEqualTo(0x34);
        assertThat(processor.intr).isFalse();
    }

    @Test
    void accessesOfOtherWidthsAndPlacesDoNothing() {
        bench.writePin(4, 0, 0x34);
        ioApic.write(0x10, 1, 0xff);
        ioApic.write(0x14, 4, 0xff);
        assertThat(low(4)).isEqualTo(0x34);
        assertThat(ioApic.read(0x20, 4)).isZero();
        assertThat(ioApic.read(0x10, 1)).isZero();
    }
}
