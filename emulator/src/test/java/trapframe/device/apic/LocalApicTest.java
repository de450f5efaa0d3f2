package trapframe.device.apic;

import static org.assertj.core.api.Assertions.assertThat;
import static trapframe.device.apic.ApicBench.APR;
import static trapframe.device.apic.ApicBench.DFR;
import static trapframe.device.apic.ApicBench.ESR;
import static trapframe.device.apic.ApicBench.ICR_LOW;
import static trapframe.device.apic.ApicBench.ID;
import static trapframe.device.apic.ApicBench.IRR;
import static trapframe.device.apic.ApicBench.ISR;
import static trapframe.device.apic.ApicBench.LDR;
import static trapframe.device.apic.ApicBench.LEGACY_VECTOR;
import static trapframe.device.apic.ApicBench.LVT_ERROR;
import static trapframe.device.apic.ApicBench.LVT_LINT0;
import static trapframe.device.apic.ApicBench.LVT_LINT1;
import static trapframe.device.apic.ApicBench.LVT_TIMER;
import static trapframe.device.apic.ApicBench.MASKED;
import static trapframe.device.apic.ApicBench.PPR;
import static trapframe.device.apic.ApicBench.SVR;
import static trapframe.device.apic.ApicBench.TIMER_INITIAL;
import static trapframe.device.apic.ApicBench.TMR;
import static trapframe.device.apic.ApicBench.TPR;
import static trapframe.device.apic.ApicBench.VERSION;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import trapframe.bus.LocalInterrupts;

/** Registers, priorities, pins and errors of one local APIC; chapter and table numbers are those of SDM vol. 3A, chapter 11. */
class LocalApicTest {
    private static final int EXTINT = 0x700;
    private static final int NMI = 0x400;
    private static final int INIT = 0x500;
    private static final int LEVEL = 1 << 15;
    private static final int ACTIVE_LOW = 1 << 13;
    private static final int REMOTE_IRR = 1 << 14;
    private static final int SEND_ILLEGAL = 0x20;
    private static final int RECEIVE_ILLEGAL = 0x40;
    private static final int ILLEGAL_REGISTER = 0x80;
    private static final int TO_SELF = 1 << 18;

    private final ApicBench bench = new ApicBench(2);
    private final ApicBench.Processor cpu = bench.processors.getFirst();
    private final LocalApic apic = bench.apic(0);

    private void request(int vector) {
        bench.write(0, ICR_LOW, TO_SELF | vector);
    }

    private void setLint0(boolean level) {
        apic.lint0(level);
    }

    @Test
    void atPowerOnTheBootstrapProcessorHasAVirtualWireAndOthersAreAsAfterInit() {
        assertThat(apic.base()).isEqualTo(0xfee0_0900L);
        assertThat(bench.read(0, SVR)).isEqualTo(0x1ff);
        assertThat(bench.read(0, LVT_LINT0)).isEqualTo(EXTINT);
        assertThat(bench.read(0, LVT_LINT1)).isEqualTo(NMI);
        assertThat(bench.apic(1).base()).isEqualTo(0xfee0_0800L);
        assertThat(bench.read(1, SVR)).isEqualTo(0xff);
        assertThat(bench.read(1, ID)).isEqualTo(1 << 24);
        assertThat(bench.read(1, DFR)).isEqualTo(-1);
        assertThat(bench.read(1, VERSION)).isEqualTo(0x0005_0014);
        for (int lvt = LVT_TIMER; lvt <= LVT_ERROR; lvt += 0x10) {
            assertThat(bench.read(1, lvt)).as("%x", lvt).isEqualTo(MASKED);
        }
        for (int register = ISR; register < ESR; register += 0x10) {
            assertThat(bench.read(1, register)).as("%x", register).isZero();
        }
    }

    @Test
    void aRequestGoesFromIrrByWayOfIsrToItsEnd() {
        request(0x45);
        assertThat(cpu.intr).isTrue();
        assertThat(bench.has(0, IRR, 0x45)).isTrue();
        assertThat(bench.acknowledge(0)).isEqualTo(0x45);
        assertThat(cpu.intr).isFalse();
        assertThat(bench.has(0, IRR, 0x45)).isFalse();
        assertThat(bench.has(0, ISR, 0x45)).isTrue();
        request(0x45);
        assertThat(cpu.intr).as("the same vector waits for the end").isFalse();
        bench.eoi(0);
        assertThat(bench.has(0, ISR, 0x45)).isFalse();
        assertThat(cpu.intr).isTrue();
    }

    @Test
    void twoRequestsOfOneVectorAreOne() {
        request(0x50);
        request(0x50);
        assertThat(bench.acknowledge(0)).isEqualTo(0x50);
        bench.eoi(0);
        assertThat(cpu.intr).isFalse();
    }

    @Test
    void theHighestVectorComesFirstAndInterruptsOnlyLowerClasses() {
        request(0x31);
        request(0x72);
        request(0x7f);
        assertThat(bench.acknowledge(0)).isEqualTo(0x7f);
        assertThat(cpu.intr).as("0x72 is of the class in service").isFalse();
        request(0x80);
        assertThat(cpu.intr).isTrue();
        List<Integer> order = new ArrayList<>();
        order.add(bench.acknowledge(0));
        bench.eoi(0);
        bench.eoi(0);
        while (cpu.intr) {
            order.add(bench.acknowledge(0));
            bench.eoi(0);
        }
        assertThat(order).containsExactly(0x80, 0x72, 0x31);
    }

    @Test
    void taskPriorityKeepsItsClassAndLowerOnesBack() {
        bench.write(0, TPR, 0x55);
        request(0x5f);
        assertThat(cpu.intr).isFalse();
        request(0x60);
        assertThat(bench.acknowledge(0)).isEqualTo(0x60);
        bench.eoi(0);
        bench.write(0, TPR, 0x4f);
        assertThat(cpu.intr).isTrue();
    }

    @Test
    void cr8IsTheUpperHalfOfTheTaskPriority() {
        bench.write(0, TPR, 0x93);
        assertThat(apic.taskPriority()).isEqualTo(9);
        apic.setTaskPriority(0xc);
        assertThat(bench.read(0, TPR)).isEqualTo(0xc0);
        request(0xc1);
        assertThat(cpu.intr).isFalse();
        apic.setTaskPriority(0xb);
        assertThat(cpu.intr).isTrue();
    }

    /** Section 11.8.3.1: PPR takes the class of the greater, and the sub-class of TPR where TPR's class is not less. */
    @Test
    void processorPriorityIsTheGreaterOfTaskAndService() {
        bench.write(0, TPR, 0x23);
        assertThat(bench.read(0, PPR)).isEqualTo(0x23);
        request(0x41);
        bench.acknowledge(0);
        assertThat(bench.read(0, PPR)).isEqualTo(0x40);
        bench.write(0, TPR, 0x45);
        assertThat(bench.read(0, PPR)).isEqualTo(0x45);
        bench.write(0, TPR, 0x51);
        assertThat(bench.read(0, PPR)).isEqualTo(0x51);
    }

    /** Section 11.6.2.4. */
    @Test
    void arbitrationPriorityLooksAtRequestsToo() {
        bench.write(0, TPR, 0x35);
        assertThat(bench.read(0, APR)).isEqualTo(0x35);
        request(0x62);
        assertThat(bench.read(0, APR)).isEqualTo(0x60);
        bench.acknowledge(0);
        assertThat(bench.read(0, APR)).as("TPR and ISRV's classes, bit by bit, or IRRV's").isEqualTo(0x20);
    }

    @Test
    void anEndWithNothingInServiceChangesNothing() {
        LocalApic.State before = apic.state();
        bench.eoi(0);
        assertThat(apic.state()).isEqualTo(before);
    }

    @Test
    void anAcknowledgeWithNothingToTakeGivesTheSpuriousVectorAndNeedsNoEnd() {
        bench.write(0, SVR, 0x1e7);
        assertThat(bench.acknowledge(0)).isEqualTo(0xe7);
        assertThat(bench.has(0, ISR, 0xe7)).isFalse();
    }

    @Test
    void levelTriggeredRequestsAreMarkedInTmrAndTheirEndIsBroadcast() {
        List<Integer> ended = new ArrayList<>();
        bench.bus.onEndOfInterrupt(ended::add);
        bench.bus.send(new InterruptMessage(DeliveryMode.FIXED, 0x61, true, 0, false));
        assertThat(bench.has(0, TMR, 0x61)).isTrue();
        bench.acknowledge(0);
        bench.eoi(0);
        assertThat(ended).containsExactly(0x61);
        request(0x61);
        assertThat(bench.has(0, TMR, 0x61)).as("an edge of the same vector").isFalse();
        bench.acknowledge(0);
        bench.eoi(0);
        assertThat(ended).hasSize(1);
    }

    @Test
    void lint0AsExternalInterruptFollowsItsLevelAndAsksThe8259s() {
        setLint0(true);
        assertThat(cpu.intr).isTrue();
        setLint0(false);
        assertThat(cpu.intr).isFalse();
        setLint0(true);
        assertThat(bench.acknowledge(0)).isEqualTo(LEGACY_VECTOR);
        assertThat(bench.legacyAcknowledges).isEqualTo(1);
        assertThat(bench.has(0, ISR, LEGACY_VECTOR)).as("the 8259s hold it in service").isFalse();
    }

    @Test
    void externalInterruptsPassTheTaskPriorityAndComeBehindTheApicsOwn() {
        bench.write(0, TPR, 0xf0);
        setLint0(true);
        assertThat(cpu.intr).isTrue();
        bench.write(0, TPR, 0);
        request(0x91);
        assertThat(bench.acknowledge(0)).isEqualTo(0x91);
        assertThat(bench.acknowledge(0)).isEqualTo(LEGACY_VECTOR);
    }

    @Test
    void aMaskedLint0KeepsThe8259sAway() {
        bench.write(0, LVT_LINT0, EXTINT | MASKED);
        setLint0(true);
        assertThat(cpu.intr).isFalse();
        bench.write(0, LVT_LINT0, EXTINT);
        assertThat(cpu.intr).isTrue();
    }

    @Test
    void lint0WithAVectorIsAnEdgeUnlessItSaysLevel() {
        bench.write(0, LVT_LINT0, 0x48);
        setLint0(true);
        assertThat(bench.acknowledge(0)).isEqualTo(0x48);
        bench.eoi(0);
        assertThat(cpu.intr).as("an edge asks once").isFalse();

        bench.write(0, LVT_LINT0, 0x49 | LEVEL);
        assertThat(cpu.intr).isTrue();
        assertThat(bench.read(0, LVT_LINT0)).isEqualTo(0x49 | LEVEL | REMOTE_IRR);
        bench.acknowledge(0);
        bench.eoi(0);
        assertThat(cpu.intr).as("the level is still there").isTrue();
        bench.acknowledge(0);
        setLint0(false);
        bench.eoi(0);
        assertThat(cpu.intr).isFalse();
        assertThat(bench.read(0, LVT_LINT0)).isEqualTo(0x49 | LEVEL);
    }

    @Test
    void pinsCanBeActiveLow() {
        bench.write(0, LVT_LINT0, 0x48 | MASKED);
        setLint0(true);
        bench.write(0, LVT_LINT0, 0x48 | ACTIVE_LOW);
        assertThat(cpu.intr).isFalse();
        setLint0(false);
        assertThat(bench.acknowledge(0)).isEqualTo(0x48);
    }

    @Test
    void lint1IsAnNmiForEachEdge() {
        apic.lint1(true);
        apic.lint1(true);
        apic.lint1(false);
        apic.lint1(true);
        assertThat(cpu.signals).containsExactly("nmi", "nmi");
        bench.write(0, LVT_LINT1, NMI | MASKED);
        apic.lint1(false);
        apic.lint1(true);
        assertThat(cpu.signals).hasSize(2);
    }

    @Test
    void aPinCanInitialiseTheProcessor() {
        bench.write(0, LVT_LINT0, INIT);
        assertThat(apic.isLint0Unmaskable()).isTrue();
        setLint0(true);
        assertThat(cpu.signals).containsExactly("init");
        assertThat(bench.read(0, LVT_LINT0)).isEqualTo(MASKED);
    }

    @Test
    void softwareDisableMasksTheLocalVectorsAndRefusesMessagesWithAVector() {
        request(0x55);
        bench.write(0, SVR, 0xff);
        for (int lvt = LVT_TIMER; lvt <= LVT_ERROR; lvt += 0x10) {
            assertThat(bench.read(0, lvt) & MASKED).as("%x", lvt).isEqualTo(MASKED);
            bench.write(0, lvt, 0x40);
            assertThat(bench.read(0, lvt)).as("%x stays masked", lvt).isEqualTo(0x40 | MASKED);
        }
        assertThat(bench.bus.send(new InterruptMessage(DeliveryMode.FIXED, 0x56, false, 0, false))).isFalse();
        assertThat(bench.bus.send(new InterruptMessage(DeliveryMode.NMI, 0, false, 0, false))).isTrue();
        assertThat(cpu.signals).containsExactly("nmi");
        assertThat(bench.acknowledge(0)).as("what was accepted before is held").isEqualTo(0x55);
    }

    @Test
    void withTheApicOffThePinsAreIntrAndNmi() {
        request(0x99);
        apic.setBase(0xfee0_0100L);
        assertThat(apic.enabled()).isFalse();
        assertThat(apic.registersPage()).isEqualTo(LocalInterrupts.NO_PAGE);
        assertThat(cpu.intr).as("what was pending is lost").isFalse();
        setLint0(true);
        assertThat(cpu.intr).isTrue();
        assertThat(bench.acknowledge(0)).isEqualTo(LEGACY_VECTOR);
        apic.lint1(true);
        assertThat(cpu.signals).containsExactly("nmi");
        assertThat(bench.bus.send(new InterruptMessage(DeliveryMode.NMI, 0, false, 0xff, false))).as("the other one").isTrue();
        assertThat(cpu.signals).hasSize(1);
        apic.setBase(0xfee0_0900L);
        assertThat(bench.read(0, SVR)).as("as after power-up").isEqualTo(0xff);
    }

    @Test
    void theRegistersMoveWithTheBase() {
        apic.setBase(0x1234_5900L);
        assertThat(apic.registersPage()).isEqualTo(0x1234_5000L);
    }

    @Test
    void errorsShowAfterAWriteAndInterruptOnceUntilThen() {
        bench.write(0, LVT_ERROR, 0xe1);
        bench.write(0, ICR_LOW, 0x0f);
        assertThat(bench.read(0, ESR)).as("before the write").isZero();
        assertThat(bench.acknowledge(0)).isEqualTo(0xe1);
        bench.eoi(0);
        bench.write(0, ICR_LOW, 0x0e);
        assertThat(cpu.intr).isFalse();
        bench.write(0, ESR, 0);
        assertThat(bench.read(0, ESR)).isEqualTo(SEND_ILLEGAL);
        bench.write(0, ESR, 0);
        assertThat(bench.read(0, ESR)).isZero();
        bench.write(0, ICR_LOW, 0x0e);
        assertThat(cpu.intr).as("armed again").isTrue();
    }

    @Test
    void illegalVectorsThatArriveAreErrorsToo() {
        assertThat(bench.bus.send(new InterruptMessage(DeliveryMode.FIXED, 15, false, 0, false))).isFalse();
        bench.write(0, LVT_TIMER, 3);
        bench.write(0, TIMER_INITIAL, 1);
        bench.bench.advance(100);
        bench.write(0, ESR, 0);
        assertThat(bench.read(0, ESR)).isEqualTo(RECEIVE_ILLEGAL);
        assertThat(bench.read(0, IRR)).isZero();
        bench.write(0, LVT_ERROR, 3);
        bench.write(0, LVT_LINT0, 2);
        setLint0(true);
        bench.write(0, ESR, 0);
        assertThat(bench.read(0, ESR)).as("an illegal error vector, too").isEqualTo(RECEIVE_ILLEGAL);
    }

    @Test
    void reservedRegistersAreErrorsAndReadZero() {
        for (int register : new int[] {0x000, 0x040, 0x290, 0x2f0, 0x3a0, 0x3f0, 0xff0}) {
            assertThat(bench.read(0, register)).isZero();
            bench.write(0, ESR, 0);
            assertThat(bench.read(0, ESR)).as("read of %x", register).isEqualTo(ILLEGAL_REGISTER);
            bench.write(0, register, 1);
            bench.write(0, ESR, 0);
            assertThat(bench.read(0, ESR)).as("write of %x", register).isEqualTo(ILLEGAL_REGISTER);
        }
    }

    @Test
    void registersKeepTheBitsThatTheManualDefines() {
        bench.write(0, LDR, -1);
        assertThat(bench.read(0, LDR)).isEqualTo(0xff00_0000);
        bench.write(0, DFR, 0);
        assertThat(bench.read(0, DFR)).isEqualTo(0x0fff_ffff);
        bench.write(0, TPR, -1);
        assertThat(bench.read(0, TPR)).isEqualTo(0xff);
        bench.write(0, LVT_TIMER, -1);
        assertThat(bench.read(0, LVT_TIMER)).isEqualTo(0x3_00ff);
        bench.write(0, 0x330, -1);
        assertThat(bench.read(0, 0x330)).as("thermal").isEqualTo(0x1_07ff);
        bench.write(0, 0x340, -1);
        assertThat(bench.read(0, 0x340)).as("performance").isEqualTo(0x1_07ff);
        bench.write(0, LVT_LINT1, -1);
        assertThat(bench.read(0, LVT_LINT1)).isEqualTo(0x1_a7ff);
        bench.write(0, LVT_ERROR, -1);
        assertThat(bench.read(0, LVT_ERROR)).isEqualTo(0x1_00ff);
        bench.write(0, SVR, -1);
        assertThat(bench.read(0, SVR)).isEqualTo(0x3ff);
        bench.write(0, ID, -1);
        assertThat(bench.read(0, ID)).isZero();
    }

    @Test
    void onlyAlignedDoubleWordsAreWritten() {
        apic.registers().write(TPR, 1, 0x50);
        apic.registers().write(TPR + 1, 1, 0x50);
        apic.registers().write(TPR + 4, 4, 0x50);
        assertThat(bench.read(0, TPR)).isZero();
        bench.write(0, LDR, 0x1200_0000);
        assertThat(apic.registers().read(LDR + 3, 1)).isEqualTo(0x12);
        assertThat(apic.registers().read(LDR + 2, 2)).isEqualTo(0x1200);
        assertThat(apic.registers().read(LDR + 4, 4)).isZero();
    }

    @Test
    void accessesAreCounted() {
        long before = apic.accesses();
        bench.read(0, ID);
        bench.write(0, TPR, 0);
        assertThat(apic.accesses() - before).isEqualTo(2);
    }
}
