package trapframe.device.pci;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import trapframe.device.CountedChanges;

/** INTA# through the wires to the 8259s and the I/O APIC, MSI, and MSI-X. */
class PciInterruptsTest {
    private static final int A = 3;
    private static final int B = 7;
    private static final int MSI = 5;
    private static final int MSIX = 0x11;
    private static final long TABLE = 0xd000_0000L;

    private final PciBench pci = new PciBench();
    private final PciBench.Plain a = new PciBench.Plain("a", new ArrayList<>(), pci.wires.connect(A, 1), pci);
    private final PciBench.Plain b = new PciBench.Plain("b", new ArrayList<>(), pci.wires.connect(B, 1), pci);
    private int msi;
    private int msix;

    @BeforeEach
    void plug() {
        pci.bus.plug(A, 0, a);
        pci.bus.plug(B, 0, b);
        pci.write(1, IsaBridge82371.STEERING + 3, 1, 11);
        pci.write(A, PciConfiguration.COMMAND, 2, 7);
        pci.write(A, 0x18, 4, (int) TABLE);
        msi = pci.capability(A, MSI);
        msix = pci.capability(A, MSIX);
    }

    @Test
    void thePinReachesTheSteeredIrqAndTheIoApic() {
        a.interrupts.setLevel(true);
        assertThat(pci.irqs[11].level).isTrue();
        assertThat(pci.ioApic[19].level).isTrue();
        assertThat(pci.read(A, PciConfiguration.STATUS, 2) & PciConfiguration.STATUS_INTX).isNotZero();
        a.interrupts.setLevel(false);
        assertThat(pci.irqs[11].level).isFalse();
        assertThat(pci.ioApic[19].level).isFalse();
        assertThat(pci.read(A, PciConfiguration.STATUS, 2) & PciConfiguration.STATUS_INTX).isZero();
    }

    @Test
    void aWireStaysHighWhileOneOfItsPinsIs() {
        a.interrupts.setLevel(true);
        b.interrupts.setLevel(true);
        a.interrupts.setLevel(false);
        assertThat(pci.irqs[11].level).isTrue();
        b.interrupts.setLevel(false);
        assertThat(pci.irqs[11].level).isFalse();
    }

    @Test
    void anIrqOfTwoWiresFollowsBoth() {
        pci.write(1, IsaBridge82371.STEERING, 1, 11);
        a.interrupts.setLevel(true);
        pci.isaBridge.wire(0).set(true);
        a.interrupts.setLevel(false);
        assertThat(pci.irqs[11].level).isTrue();
        pci.isaBridge.wire(0).set(false);
        assertThat(pci.irqs[11].level).isFalse();
    }

    @Test
    void steeringMovesALevelThatIsHigh() {
        a.interrupts.setLevel(true);
        pci.write(1, IsaBridge82371.STEERING + 3, 1, 9);
        assertThat(pci.irqs[11].level).isFalse();
        assertThat(pci.irqs[9].level).isTrue();
        pci.write(1, IsaBridge82371.STEERING + 3, 1, 0x89);
        assertThat(pci.irqs[9].level).as("disabled").isFalse();
        pci.write(1, IsaBridge82371.STEERING + 3, 1, 8);
        assertThat(pci.irqs[8].level).as("reserved").isFalse();
        assertThat(pci.ioApic[19].level).as("the I/O APIC's pin is not steered").isTrue();
    }

    @Test
    void interruptDisableHoldsThePinBackButShowsItsStatus() {
        pci.write(A, PciConfiguration.COMMAND, 2, 7 | PciConfiguration.COMMAND_INTX_DISABLE);
        a.interrupts.setLevel(true);
        assertThat(pci.irqs[11].level).isFalse();
        assertThat(pci.read(A, PciConfiguration.STATUS, 2) & PciConfiguration.STATUS_INTX).isNotZero();
        pci.write(A, PciConfiguration.COMMAND, 2, 7);
        assertThat(pci.irqs[11].level).isTrue();
    }

    @Test
    void msiSendsItsMessageInThePinsSteadEachTimeTheLevelRises() {
        setUpMsi();
        a.interrupts.setLevel(true);
        a.interrupts.setLevel(true);
        a.interrupts.setLevel(false);
        a.interrupts.setLevel(true);
        assertThat(pci.messages).containsExactly("1fee01000=4041", "1fee01000=4041");
        assertThat(pci.irqs[11].rises).isZero();
    }

    @Test
    void aMaskedMsiWaitsUntilItIsUnmasked() {
        setUpMsi();
        pci.write(A, msi + 0x10, 4, 1);
        a.interrupts.setLevel(true);
        assertThat(pci.messages).isEmpty();
        assertThat(pci.read(A, msi + 0x14, 4)).isEqualTo(1);
        pci.write(A, msi + 0x10, 4, 0);
        assertThat(pci.messages).hasSize(1);
        assertThat(pci.read(A, msi + 0x14, 4)).isZero();
    }

    @Test
    void aFunctionThatIsNoBusMasterKeepsItsMessages() {
        setUpMsi();
        pci.write(A, PciConfiguration.COMMAND, 2, 3);
        a.interrupts.setLevel(true);
        assertThat(pci.messages).isEmpty();
        pci.write(A, PciConfiguration.COMMAND, 2, 7);
        assertThat(pci.messages).hasSize(1);
    }

    @Test
    void msixDescribesItsTableAndPendingBits() {
        assertThat(pci.read(A, msix + 2, 2)).as("size less one").isEqualTo(2);
        assertThat(pci.read(A, msix + 4, 4)).as("table in BAR 2 at 0").isEqualTo(2);
        assertThat(pci.read(A, msix + 8, 4)).as("pending bits in BAR 2").isEqualTo(0x800 | 2);
        assertThat(pci.memory.read(TABLE + 12, 4)).as("masked at power-on").isEqualTo(1);
    }

    @Test
    void msixSendsEachVectorsOwnMessage() {
        setUpMsix(0, 1, 2);
        a.interrupts.msix().raise(2);
        a.interrupts.msix().raise(0);
        assertThat(pci.messages).containsExactly("fee00000=52", "fee00000=50");
        a.interrupts.setLevel(true);
        assertThat(pci.irqs[11].level).as("the pin is not used").isFalse();
    }

    @Test
    void aMaskedMsixEntryShowsItsPendingBitAndSendsOnceWhenUnmasked() {
        setUpMsix(0);
        a.interrupts.msix().raise(1);
        a.interrupts.msix().raise(1);
        assertThat(pci.messages).isEmpty();
        assertThat(pci.memory.read(TABLE + 0x800, 4)).isEqualTo(2);
        setUpMsix(1);
        assertThat(pci.messages).containsExactly("fee00000=51");
        assertThat(pci.memory.read(TABLE + 0x800, 4)).isZero();
    }

    @Test
    void theFunctionMaskHoldsAllVectorsBack() {
        setUpMsix(0, 1);
        pci.write(A, msix + 2, 2, 0xc000);
        a.interrupts.msix().raise(0);
        a.interrupts.msix().raise(1);
        assertThat(pci.messages).isEmpty();
        pci.write(A, msix + 2, 2, 0x8000);
        assertThat(pci.messages).containsExactly("fee00000=50", "fee00000=51");
    }

    @Test
    void theTableCanBeReadAndWrittenInPieces() {
        setUpMsix();
        pci.memory.write(TABLE + 8, 4, 0x1234_5678);
        pci.memory.write(TABLE + 9, 1, 0xff);
        assertThat(pci.memory.read(TABLE + 8, 4)).isEqualTo(0x1234_ff78);
        assertThat(pci.memory.read(TABLE + 10, 2)).isEqualTo(0x1234);
        pci.memory.write(TABLE + 0x30, 4, -1);
        assertThat(pci.memory.read(TABLE + 0x30, 4)).as("behind the table").isZero();
        pci.memory.write(TABLE + 12, 4, -1);
        assertThat(pci.memory.read(TABLE + 12, 4)).as("reserved bits of vector control").isEqualTo(1);
    }

    @Test
    void aRestoredFunctionGoesOnWhereTheFirstWas() {
        setUpMsix(0);
        a.interrupts.msix().raise(1);
        PciConfiguration.State configuration = a.configuration().state();
        PciInterrupts.State interrupts = a.interrupts.state();
        PciBench other = new PciBench();
        PciBench.Plain restored = new PciBench.Plain("a", new ArrayList<>(), other.wires.connect(A, 1), other);
        other.bus.plug(A, 0, restored);
        restored.configuration().restore(configuration);
        restored.interrupts.restore(interrupts);

        assertThat(restored.configuration().state()).isEqualTo(configuration);
        assertThat(restored.interrupts.state()).isEqualTo(interrupts);
        other.memory.write(TABLE + 0x10, 4, 0xfee0_0000L);
        other.memory.write(TABLE + 0x1c, 4, 0);
        assertThat(other.messages).containsExactly("fee00000=0");
    }

    private void setUpMsi() {
        pci.write(A, msi + 4, 4, 0xfee0_1000);
        pci.write(A, msi + 8, 4, 1);
        pci.write(A, msi + 0xc, 2, 0x4041);
        pci.write(A, msi + 2, 2, 1);
    }

    private void setUpMsix(int... unmasked) {
        pci.write(A, msix + 2, 2, 0x8000);
        for (int vector : unmasked) {
            long entry = TABLE + 16L * vector;
            pci.memory.write(entry, 4, 0xfee0_0000L);
            pci.memory.write(entry + 4, 4, 0);
            pci.memory.write(entry + 8, 4, 0x50 + vector);
            pci.memory.write(entry + 12, 4, 0);
        }
    }

    @Test
    void whatRequestsMasksAndAcknowledgementsChangeIsCounted() {
        CountedChanges changes = new CountedChanges(a.interrupts, a.interrupts.msix(), a.configuration(), pci.isaBridge, pci.wires);
        Random random = new Random(1);
        for (int i = 0; i < 2_000; i++) {
            switch (random.nextInt(6)) {
                case 0 -> a.interrupts.setLevel(random.nextBoolean());
                case 1 -> a.interrupts.msix().raise(random.nextInt(3));
                case 2 -> pci.write(A, msix + 2, 2, random.nextBoolean() ? 0x8000 : 0xc000);
                case 3 -> pci.write(A, msi + 2, 2, random.nextInt(2));
                case 4 -> pci.write(A, PciConfiguration.COMMAND, 2, random.nextBoolean() ? 7 : 3);
                default -> pci.memory.write(TABLE + 16 * random.nextInt(3) + 12, 4, random.nextInt(2));
            }
            changes.check();
        }
        assertThat(pci.messages).isNotEmpty();
    }
}
