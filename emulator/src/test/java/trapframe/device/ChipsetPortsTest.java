package trapframe.device;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import trapframe.device.pci.PciBus;
import trapframe.device.pci.PciConfigurationPorts;

class ChipsetPortsTest {
    private final DeviceBench bench = new DeviceBench();
    private final RecordedControl control = new RecordedControl();
    private final A20Gate a20 = new A20Gate(control);
    private final PostCodePort post = new PostCodePort();

    @BeforeEach
    void attach() {
        post.attach(bench.ports);
        new SystemControlPortA(control, a20).attach(bench.ports);
        new PciConfigurationPorts(new PciBus(), control).attach(bench.ports);
        new DebugExit(control).attach(bench.ports);
    }

    @Test
    void port80KeepsTheLastCode() {
        bench.out(0x80, 0x55);
        bench.out(0x80, 0xaa);
        assertThat(post.last()).isEqualTo(0xaa);
        assertThat(bench.in(0x80)).isEqualTo(0xaa);
    }

    @Test
    void port92GatesA20TogetherWithTheKeyboardController() {
        assertThat(bench.in(0x92)).isEqualTo(0x02);
        bench.out(0x92, 0x00);
        assertThat(control.calls).as("the keyboard controller still lets it pass").isEmpty();
        a20.setKeyboardController(false);
        bench.out(0x92, 0x02);
        assertThat(control.calls).containsExactly("a20 false", "a20 true");
    }

    @Test
    void port92ResetsOnTheRisingEdgeOfBit0() {
        bench.out(0x92, 0x03);
        bench.out(0x92, 0x03);
        assertThat(bench.in(0x92)).isEqualTo(0x03);
        bench.out(0x92, 0x02);
        bench.out(0x92, 0x03);
        assertThat(control.calls).containsExactly("reset by port 0x92", "reset by port 0x92");
    }

    @Test
    void portCf9ResetsWithBit2AndKeepsTheKindOfReset() {
        bench.out(0xcf9, 0x02);
        assertThat(control.calls).isEmpty();
        assertThat(bench.in(0xcf9)).isEqualTo(0x02);
        bench.out(0xcf9, 0x06);
        bench.out(0xcf9, 0x0e);
        assertThat(control.calls).containsExactly("reset by port 0xcf9", "reset by port 0xcf9");
        assertThat(bench.in(0xcf9)).isEqualTo(0x0a);
    }

    @Test
    void theConfigurationAddressTakesOnlyDwords() {
        bench.ports.write(0xcf8, 4, 0x8000_1234);
        assertThat(bench.ports.read(0xcf8, 4)).isEqualTo(0x8000_1234);
        bench.ports.write(0xcf8, 1, 0);
        bench.ports.write(0xcf8, 2, 0);
        assertThat(bench.ports.read(0xcf8, 4)).isEqualTo(0x8000_1234);
        assertThat(bench.ports.read(0xcf8, 1)).isEqualTo(0xff);
        assertThat(bench.ports.read(0xcfa, 2)).isEqualTo(0xffff);
        bench.ports.write(0xcf8, 4, -1);
        assertThat(bench.ports.read(0xcf8, 4)).as("reserved bits").isEqualTo(0x80ff_fffc);
        assertThat(control.calls).as("a dword is not a write of 0xcf9").isEmpty();
    }

    @Test
    void aWordAtCf8ReachesTheResetControl() {
        bench.ports.write(0xcf8, 2, 0x0600);
        assertThat(control.calls).containsExactly("reset by port 0xcf9");
    }

    @Test
    void everyPciFunctionReadsAllOnes() {
        for (int bus = 0; bus < 256; bus += 51) {
            for (int function = 0; function < 256; function += 5) {
                bench.ports.write(0xcf8, 4, 1 << 31 | bus << 16 | function << 8);
                assertThat(bench.ports.read(0xcfc, 4)).isEqualTo(-1);
                assertThat(bench.ports.read(0xcfe, 2)).isEqualTo(0xffff);
                bench.ports.write(0xcfc, 4, 0);
            }
        }
        assertThat(bench.ports.unassigned()).isZero();
    }

    @Test
    void theDebugExitReportsTheValueOfEachWidth() {
        bench.ports.write(0xf4, 1, 0x10);
        bench.ports.write(0xf4, 2, 0x1234);
        bench.ports.write(0xf4, 4, 0xfedc_ba98);
        bench.ports.write(0xf7, 1, 3);
        assertThat(control.calls).containsExactly("exit 16", "exit 4660", "exit 4275878552", "exit 3");
        assertThat(bench.in(0xf4)).isZero();
    }
}
