package trapframe.device;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class InterruptController8259Test {
    private static final int NON_SPECIFIC_EOI = 0x20;
    private static final int SPECIFIC_EOI = 0x60;
    private static final int ROTATE_ON_NON_SPECIFIC_EOI = 0xa0;
    private static final int ROTATE_ON_SPECIFIC_EOI = 0xe0;
    private static final int SET_PRIORITY = 0xc0;
    private static final int ROTATE_IN_AUTO_EOI_SET = 0x80;
    private static final int ROTATE_IN_AUTO_EOI_CLEAR = 0x00;
    private static final int READ_IRR = 0x0a;
    private static final int READ_ISR = 0x0b;
    private static final int POLL = 0x0c;
    private static final int SET_SPECIAL_MASK = 0x68;
    private static final int RESET_SPECIAL_MASK = 0x48;
    private static final int ICW4_8086 = 0x01;
    private static final int ICW4_AEOI = 0x02;
    private static final int ICW4_SFNM = 0x10;

    private final DeviceBench bench = new DeviceBench();
    private final DeviceBench.Probe intr = new DeviceBench.Probe();
    private final InterruptController8259 pic = new InterruptController8259(intr);

    @BeforeEach
    void attach() {
        pic.attach(bench.ports);
    }

    private void initialise(int icw1, int masterIcw4, int slaveIcw4) {
        bench.out(0x20, icw1);
        bench.out(0x21, 0x20);
        bench.out(0x21, 0x04);
        bench.out(0x21, masterIcw4);
        bench.out(0xa0, icw1);
        bench.out(0xa1, 0x28);
        bench.out(0xa1, 0x02);
        bench.out(0xa1, slaveIcw4);
    }

    private void initialise() {
        initialise(0x11, ICW4_8086, ICW4_8086);
    }

    private void raise(int irq) {
        pic.line(irq).set(true);
    }

    private void lower(int irq) {
        pic.line(irq).set(false);
    }

    private void pulse(int irq) {
        lower(irq);
        raise(irq);
    }

    private int isr(int port) {
        bench.out(port, READ_ISR);
        return bench.in(port);
    }

    private int irr(int port) {
        bench.out(port, READ_IRR);
        return bench.in(port);
    }

    @Test
    void asksForNothingBeforeTheInitialisationSequenceIsComplete() {
        bench.out(0x21, 0);
        raise(0);
        assertThat(intr.level).isFalse();
        bench.out(0x20, 0x11);
        lower(0);
        raise(0);
        bench.out(0x21, 0x20);
        bench.out(0x21, 0x04);
        assertThat(intr.level).as("ICW4 is still to come").isFalse();
        bench.out(0x21, ICW4_8086);
        assertThat(intr.level).isTrue();
    }

    @Test
    void icw1ForgetsEarlierEdgesAndClearsTheMask() {
        raise(1);
        bench.out(0x21, 0xff);
        initialise();
        assertThat(bench.in(0x21)).isZero();
        assertThat(intr.level).as("the input has to rise again").isFalse();
        pulse(1);
        assertThat(intr.level).isTrue();
    }

    @Test
    void icw1WithoutIc4AndWithSnglTakesOnlyIcw2() {
        bench.out(0x20, 0x12);
        bench.out(0x21, 0x40);
        bench.out(0x21, 0xfe);
        assertThat(bench.in(0x21)).as("the next word is OCW1").isEqualTo(0xfe);
        raise(0);
        assertThat(pic.acknowledge()).isEqualTo(0x40);
    }

    @Test
    void acknowledgeGivesTheVectorAndPutsTheRequestIntoService() {
        initialise();
        raise(4);
        assertThat(irr(0x20)).isEqualTo(0x10);
        assertThat(pic.acknowledge()).isEqualTo(0x24);
        assertThat(irr(0x20)).isZero();
        assertThat(isr(0x20)).isEqualTo(0x10);
        assertThat(intr.level).isFalse();
        bench.out(0x20, NON_SPECIFIC_EOI);
        assertThat(isr(0x20)).isZero();
        assertThat(intr.level).as("an edge asks once").isFalse();
    }

    @Test
    void aMaskedRequestWaits() {
        initialise();
        bench.out(0x21, 0x08);
        raise(3);
        assertThat(intr.level).isFalse();
        bench.out(0x21, 0x00);
        assertThat(intr.level).isTrue();
    }

    @Test
    void aHigherPriorityInterruptsALowerOneAndNotTheReverse() {
        initialise();
        raise(5);
        assertThat(pic.acknowledge()).isEqualTo(0x25);
        raise(6);
        assertThat(intr.level).isFalse();
        raise(1);
        assertThat(pic.acknowledge()).isEqualTo(0x21);
        assertThat(isr(0x20)).isEqualTo(0x22);
        bench.out(0x20, NON_SPECIFIC_EOI);
        assertThat(isr(0x20)).as("the EOI ends the highest").isEqualTo(0x20);
        bench.out(0x20, SPECIFIC_EOI | 5);
        assertThat(pic.acknowledge()).isEqualTo(0x26);
    }

    @Test
    void anEdgeThatDropsBeforeAcknowledgeGivesTheSpuriousIrq7() {
        initialise();
        raise(4);
        lower(4);
        assertThat(irr(0x20)).isZero();
        assertThat(intr.level).isFalse();
        assertThat(pic.acknowledge()).isEqualTo(0x27);
        assertThat(isr(0x20)).as("a spurious interrupt is not in service").isZero();
    }

    @Test
    void aSlaveRequestThatDropsGivesTheSpuriousIrq15AndTheMasterServesIr2() {
        initialise();
        raise(9);
        lower(9);
        assertThat(intr.level).isFalse();
        assertThat(pic.acknowledge()).isEqualTo(0x2f);
        assertThat(isr(0x20)).isEqualTo(0x04);
        assertThat(isr(0xa0)).isZero();
        bench.out(0x20, NON_SPECIFIC_EOI);
        assertThat(pic.acknowledge()).as("nothing was asked since").isEqualTo(0x27);
    }

    @Test
    void theSlaveAnswersThroughTheMastersIr2() {
        initialise();
        raise(12);
        assertThat(pic.acknowledge()).isEqualTo(0x2c);
        assertThat(isr(0x20)).isEqualTo(0x04);
        assertThat(isr(0xa0)).isEqualTo(0x10);
        bench.out(0xa0, NON_SPECIFIC_EOI);
        bench.out(0x20, NON_SPECIFIC_EOI);
        assertThat(isr(0x20)).isZero();
        assertThat(isr(0xa0)).isZero();
    }

    @Test
    void aSlaveThatIcw3DoesNotAddressLeavesTheBusOpen() {
        initialise();
        bench.out(0xa0, 0x11);
        bench.out(0xa1, 0x28);
        bench.out(0xa1, 0x05);
        bench.out(0xa1, ICW4_8086);
        pulse(9);
        assertThat(pic.acknowledge()).isEqualTo(0xff);
    }

    @Test
    void twoSlaveRequestsAreServedOneAfterTheOther() {
        initialise();
        raise(10);
        raise(14);
        assertThat(pic.acknowledge()).isEqualTo(0x2a);
        bench.out(0xa0, NON_SPECIFIC_EOI);
        bench.out(0x20, NON_SPECIFIC_EOI);
        assertThat(intr.level).isTrue();
        assertThat(pic.acknowledge()).isEqualTo(0x2e);
    }

    @Test
    void withoutSpecialFullyNestedModeAHigherSlaveRequestWaitsForTheMastersEoi() {
        initialise();
        raise(12);
        pic.acknowledge();
        raise(9);
        assertThat(intr.level).isFalse();
        bench.out(0x20, NON_SPECIFIC_EOI);
        assertThat(pic.acknowledge()).isEqualTo(0x29);
    }

    @Test
    void inSpecialFullyNestedModeAHigherSlaveRequestInterruptsAndALowerMasterOneDoesNot() {
        initialise(0x11, ICW4_8086 | ICW4_SFNM, ICW4_8086);
        raise(12);
        pic.acknowledge();
        raise(5);
        assertThat(intr.level).as("IR5 is below IR2").isFalse();
        raise(9);
        assertThat(intr.level).isTrue();
        assertThat(pic.acknowledge()).isEqualTo(0x29);
        assertThat(isr(0xa0)).isEqualTo(0x12);
    }

    @Test
    void aLevelRequestAsksAgainAfterEoiUntilTheLineFalls() {
        initialise(0x19, ICW4_8086, ICW4_8086);
        raise(3);
        assertThat(pic.acknowledge()).isEqualTo(0x23);
        bench.out(0x20, NON_SPECIFIC_EOI);
        assertThat(intr.level).isTrue();
        lower(3);
        assertThat(intr.level).isFalse();
    }

    @Test
    void elcrMakesSingleInputsLevelTriggeredAndRefusesTheFixedOnes() {
        initialise();
        bench.out(0x4d0, 0xff);
        bench.out(0x4d1, 0xff);
        assertThat(bench.in(0x4d0)).isEqualTo(0xf8);
        assertThat(bench.in(0x4d1)).isEqualTo(0xde);
        bench.out(0x4d0, 0x00);
        bench.out(0x4d1, 0x08);
        raise(11);
        assertThat(pic.acknowledge()).isEqualTo(0x2b);
        bench.out(0xa0, NON_SPECIFIC_EOI);
        bench.out(0x20, NON_SPECIFIC_EOI);
        assertThat(intr.level).isTrue();
        lower(11);
        assertThat(intr.level).isFalse();
        raise(10);
        pic.acknowledge();
        bench.out(0xa0, NON_SPECIFIC_EOI);
        bench.out(0x20, NON_SPECIFIC_EOI);
        assertThat(intr.level).as("IRQ10 is still edge-triggered").isFalse();
    }

    @Test
    void specialMaskModeLetsLowerRequestsThroughAMaskedServiceBit() {
        initialise();
        raise(1);
        pic.acknowledge();
        raise(6);
        bench.out(0x20, SET_SPECIAL_MASK);
        assertThat(intr.level).isFalse();
        bench.out(0x21, 0x02);
        assertThat(intr.level).isTrue();
        assertThat(pic.acknowledge()).isEqualTo(0x26);
        bench.out(0x20, NON_SPECIFIC_EOI);
        assertThat(isr(0x20)).as("a non-specific EOI passes over the masked level").isEqualTo(0x02);
        bench.out(0x20, NON_SPECIFIC_EOI);
        assertThat(isr(0x20)).isEqualTo(0x02);
        bench.out(0x20, RESET_SPECIAL_MASK);
        pulse(6);
        assertThat(intr.level).isFalse();
    }

    @Test
    void rotationOnNonSpecificEoiMakesTheServedInputTheLowest() {
        initialise();
        raise(0);
        pic.acknowledge();
        bench.out(0x20, ROTATE_ON_NON_SPECIFIC_EOI);
        pulse(0);
        raise(7);
        assertThat(pic.acknowledge()).isEqualTo(0x27);
        bench.out(0x20, NON_SPECIFIC_EOI);
        assertThat(pic.acknowledge()).isEqualTo(0x20);
    }

    @Test
    void rotationOnSpecificEoiAndSetPriorityNameTheLowestInput() {
        initialise();
        raise(3);
        pic.acknowledge();
        bench.out(0x20, ROTATE_ON_SPECIFIC_EOI | 3);
        assertThat(isr(0x20)).isZero();
        pulse(3);
        raise(4);
        assertThat(pic.acknowledge()).as("after 3 comes 4").isEqualTo(0x24);
        bench.out(0x20, NON_SPECIFIC_EOI);
        bench.out(0x20, SET_PRIORITY | 2);
        raise(1);
        assertThat(pic.acknowledge()).as("3 is the highest now").isEqualTo(0x23);
    }

    @Test
    void autoEoiLeavesNothingInServiceAndRotatesWhenTold() {
        initialise(0x11, ICW4_8086 | ICW4_AEOI, ICW4_8086 | ICW4_AEOI);
        raise(0);
        pic.acknowledge();
        assertThat(isr(0x20)).isZero();
        bench.out(0x20, ROTATE_IN_AUTO_EOI_SET);
        pulse(0);
        assertThat(pic.acknowledge()).isEqualTo(0x20);
        pulse(0);
        raise(1);
        assertThat(pic.acknowledge()).as("0 is the lowest now").isEqualTo(0x21);
        bench.out(0x20, ROTATE_IN_AUTO_EOI_CLEAR);
        bench.out(0x20, SET_PRIORITY | 7);
        pulse(1);
        assertThat(pic.acknowledge()).isEqualTo(0x20);
        raise(13);
        raise(14);
        assertThat(pic.acknowledge()).isEqualTo(0x21);
        assertThat(pic.acknowledge()).isEqualTo(0x2d);
        assertThat(pic.acknowledge()).as("the slave makes a new edge for what still waits").isEqualTo(0x2e);
    }

    @Test
    void theNextReadAfterAPollCommandAcknowledges() {
        initialise();
        bench.out(0x20, POLL);
        assertThat(bench.in(0x20)).as("no request").isZero();
        raise(6);
        bench.out(0x20, POLL);
        assertThat(bench.in(0x21)).isEqualTo(0x86);
        assertThat(isr(0x20)).isEqualTo(0x40);
        assertThat(intr.level).isFalse();
        bench.out(0x20, NON_SPECIFIC_EOI);
        raise(9);
        bench.out(0x20, POLL);
        assertThat(bench.in(0x20)).isEqualTo(0x82);
        bench.out(0xa0, POLL);
        assertThat(bench.in(0xa0)).isEqualTo(0x81);
        assertThat(isr(0xa0)).isEqualTo(0x02);
    }

    @Test
    void theReadSelectionIsKeptUntilTheNextOneAndIcw1SelectsIrr() {
        initialise();
        raise(5);
        pic.acknowledge();
        raise(6);
        assertThat(isr(0x20)).isEqualTo(0x20);
        assertThat(bench.in(0x20)).isEqualTo(0x20);
        bench.out(0x20, SET_SPECIAL_MASK);
        assertThat(bench.in(0x20)).as("OCW3 without RR").isEqualTo(0x20);
        assertThat(irr(0x20)).isEqualTo(0x40);
    }
}
