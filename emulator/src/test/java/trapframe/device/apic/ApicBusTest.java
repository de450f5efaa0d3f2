package trapframe.device.apic;

import static org.assertj.core.api.Assertions.assertThat;
import static trapframe.device.apic.ApicBench.DFR;
import static trapframe.device.apic.ApicBench.ESR;
import static trapframe.device.apic.ApicBench.ICR_HIGH;
import static trapframe.device.apic.ApicBench.ICR_LOW;
import static trapframe.device.apic.ApicBench.LDR;
import static trapframe.device.apic.ApicBench.SVR;
import static trapframe.device.apic.ApicBench.TMR;
import static trapframe.device.apic.ApicBench.TPR;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Who gets which message: SDM vol. 3A, sections 11.6 and 11.11. */
class ApicBusTest {
    private static final int LOGICAL = 1 << 11;
    private static final int ASSERT = 1 << 14;
    private static final int LEVEL = 1 << 15;
    private static final int SELF = 1 << 18;
    private static final int ALL = 2 << 18;
    private static final int OTHERS = 3 << 18;
    private static final int LOWEST = 1 << 8;
    private static final int NMI = 4 << 8;
    private static final int INIT = 5 << 8;
    private static final int STARTUP = 6 << 8;
    private static final int CLUSTER_MODEL = 0x0fff_ffff;

    private final ApicBench bench = new ApicBench(4).enableAll();

    private void setLogicalIds(int... ids) {
        for (int i = 0; i < ids.length; i++) {
            bench.write(i, LDR, ids[i] << 24);
        }
    }

    @Test
    void aPhysicalDestinationIsOneProcessorOrAll() {
        bench.send(0, 2, 0x41);
        assertThat(bench.requestedAt(0x41)).containsExactly(2);
        bench.send(0, 0xff, 0x42);
        assertThat(bench.requestedAt(0x42)).containsExactly(0, 1, 2, 3);
        bench.send(0, 9, 0x43);
        assertThat(bench.requestedAt(0x43)).as("nobody has that number").isEmpty();
    }

    @Test
    void shorthandsNameSelfAllAndOthers() {
        bench.send(1, 0, SELF | 0x51);
        assertThat(bench.requestedAt(0x51)).containsExactly(1);
        bench.send(1, 0, ALL | 0x52);
        assertThat(bench.requestedAt(0x52)).containsExactly(0, 1, 2, 3);
        bench.send(1, 0, OTHERS | 0x53);
        assertThat(bench.requestedAt(0x53)).containsExactly(0, 2, 3);
    }

    @Test
    void aFlatLogicalDestinationIsASetOfBits() {
        setLogicalIds(1, 2, 4, 8);
        bench.send(0, 0b1010, LOGICAL | 0x61);
        assertThat(bench.requestedAt(0x61)).containsExactly(1, 3);
        bench.send(0, 0x10, LOGICAL | 0x62);
        assertThat(bench.requestedAt(0x62)).isEmpty();
        bench.send(0, 0xff, LOGICAL | 0x63);
        assertThat(bench.requestedAt(0x63)).containsExactly(0, 1, 2, 3);
    }

    @Test
    void aClusterDestinationIsASetOfBitsInOneClusterOrInAll() {
        for (int i = 0; i < 4; i++) {
            bench.write(i, DFR, CLUSTER_MODEL);
        }
        setLogicalIds(0x11, 0x12, 0x21, 0x22);
        bench.send(0, 0x13, LOGICAL | 0x61);
        assertThat(bench.requestedAt(0x61)).containsExactly(0, 1);
        bench.send(0, 0x22, LOGICAL | 0x62);
        assertThat(bench.requestedAt(0x62)).containsExactly(3);
        bench.send(0, 0xf1, LOGICAL | 0x63);
        assertThat(bench.requestedAt(0x63)).containsExactly(0, 2);
        bench.send(0, 0x33, LOGICAL | 0x64);
        assertThat(bench.requestedAt(0x64)).isEmpty();
        bench.send(0, 0xff, LOGICAL | 0x65);
        assertThat(bench.requestedAt(0x65)).containsExactly(0, 1, 2, 3);
    }

    @Test
    void lowestPriorityGoesToTheLeastBusyOfThoseThatAreMeant() {
        setLogicalIds(1, 2, 4, 8);
        bench.write(0, TPR, 0x30);
        bench.write(1, TPR, 0x20);
        bench.write(2, TPR, 0x10);
        bench.send(0, 0b0011, LOGICAL | LOWEST | 0x71);
        assertThat(bench.requestedAt(0x71)).containsExactly(1);
        bench.send(0, 0b0111, LOGICAL | LOWEST | 0x72);
        assertThat(bench.requestedAt(0x72)).containsExactly(2);
        bench.write(3, SVR, 0xff);
        bench.send(0, 0b1000, LOGICAL | LOWEST | 0x73);
        assertThat(bench.requestedAt(0x73)).as("one that takes no vectors").isEmpty();
    }

    @Test
    void ofEquallyBusyProcessorsTheFirstIsChosenUntilItHasARequest() {
        setLogicalIds(1, 2, 4, 8);
        bench.send(3, 0b1111, LOGICAL | LOWEST | 0x81);
        bench.send(3, 0b1111, LOGICAL | LOWEST | 0x82);
        bench.send(3, 0b1111, LOGICAL | LOWEST | 0x83);
        assertThat(bench.requestedAt(0x81)).containsExactly(0);
        assertThat(bench.requestedAt(0x82)).containsExactly(1);
        assertThat(bench.requestedAt(0x83)).containsExactly(2);
    }

    @Test
    void initAndStartUpReachProcessorsWhoseApicIsDisabledBySoftware() {
        bench.write(2, SVR, 0xff);
        bench.send(0, 2, INIT | ASSERT | LEVEL);
        bench.send(0, 2, INIT | LEVEL);
        bench.send(0, 2, STARTUP | 0x9a);
        bench.send(0, 0, OTHERS | NMI);
        assertThat(bench.processors.get(2).signals).containsExactly("init", "startup 9a", "nmi");
        assertThat(bench.processors.get(1).signals).containsExactly("nmi");
        assertThat(bench.processors.get(0).signals).isEmpty();
    }

    @Test
    void initLeavesTheApicAsAfterPowerUpButForItsBase() {
        bench.apic(2).setBase(0xfee0_1800L);
        setLogicalIds(1, 2, 4, 8);
        bench.send(0, 2, 0x91);
        bench.send(0, 2, INIT | ASSERT);
        assertThat(bench.read(2, SVR)).isEqualTo(0xff);
        assertThat(bench.read(2, LDR)).isZero();
        assertThat(bench.requestedAt(0x91)).isEmpty();
        assertThat(bench.processors.get(2).intr).isFalse();
        assertThat(bench.apic(2).base()).isEqualTo(0xfee0_1800L);
    }

    @Test
    void systemManagementAndReservedModesReachNobody() {
        bench.send(0, 1, 2 << 8);
        bench.send(0, 1, 3 << 8);
        assertThat(bench.processors.get(1).signals).isEmpty();
        assertThat(bench.processors.get(1).intr).isFalse();
        bench.write(0, ESR, 0);
        assertThat(bench.read(0, ESR)).isZero();
    }

    @Test
    void theCommandRegisterReadsBackWithoutADeliveryStatus() {
        bench.write(0, ICR_HIGH, -1);
        assertThat(bench.read(0, ICR_HIGH)).isEqualTo(0xff00_0000);
        bench.send(0, 3, LOGICAL | ASSERT | LEVEL | 1 << 12 | 0x44);
        assertThat(bench.read(0, ICR_LOW)).isEqualTo(LOGICAL | ASSERT | LEVEL | 0x44);
        assertThat(bench.has(3, TMR, 0x44)).as("interrupts between processors are edges").isFalse();
    }

    @Test
    void messagesOfDevicesSayTheirTargetInTheAddress() {
        bench.bus.deliverMsi(0xfee0_2000L, 0x41);
        assertThat(bench.requestedAt(0x41)).containsExactly(2);
        bench.bus.deliverMsi(0xfeef_f000L, 0x42);
        assertThat(bench.requestedAt(0x42)).containsExactly(0, 1, 2, 3);
        setLogicalIds(1, 2, 4, 8);
        bench.bus.deliverMsi(0xfee0_6004L, 0x43);
        assertThat(bench.requestedAt(0x43)).as("logical").containsExactly(1, 2);
        bench.write(1, TPR, 0x50);
        bench.bus.deliverMsi(0xfee0_600cL, 0x44);
        assertThat(bench.requestedAt(0x44)).as("logical, redirected to the lowest").containsExactly(2);
        bench.bus.deliverMsi(0xfee0_1000L, NMI);
        assertThat(bench.processors.get(1).signals).containsExactly("nmi");
        bench.bus.deliverMsi(0xfee0_3000L, LEVEL | ASSERT | 0x45);
        assertThat(bench.has(3, TMR, 0x45)).isTrue();
        assertThat(bench.bus.messageSignalled()).isEqualTo(6);
    }

    @Test
    void whatIsNoMessageIsIgnored() {
        bench.bus.deliverMsi(0xfed0_0000L, 0x41);
        bench.bus.deliverMsi(0x1_fee0_0000L, 0x41);
        bench.bus.deliverMsi(0xfee0_0000L, LEVEL | 0x41);
        assertThat(bench.requestedAt(0x41)).isEmpty();
        assertThat(bench.bus.messageSignalled()).isZero();
    }

    /** One interrupt for each that is meant, whoever else there is; none for others. */
    @Property(tries = 300)
    void aMessageReachesExactlyThoseThatTheManualNames(@ForAll @Size(4) List<@IntRange(max = 255) Integer> ids,
            @ForAll @IntRange(max = 255) int destination, @ForAll boolean logical, @ForAll boolean flat) {
        ApicBench fresh = new ApicBench(4).enableAll();
        for (int i = 0; i < 4; i++) {
            fresh.write(i, LDR, ids.get(i) << 24);
            fresh.write(i, DFR, flat ? -1 : CLUSTER_MODEL);
        }
        fresh.send(0, destination, (logical ? LOGICAL : 0) | 0x41);
        for (int i = 0; i < 4; i++) {
            int id = ids.get(i);
            boolean meant = destination == 0xff || !logical && destination == i
                    || logical && flat && (destination & id) != 0
                    || logical && !flat && (destination >> 4 == 15 || destination >> 4 == id >> 4)
                            && (destination & id & 0xf) != 0;
            assertThat(fresh.requestedAt(0x41).contains(i)).as("processor %d", i).isEqualTo(meant);
        }
    }
}
