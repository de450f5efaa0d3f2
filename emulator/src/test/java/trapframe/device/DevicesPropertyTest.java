package trapframe.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import trapframe.device.pci.PciBus;
import trapframe.device.pci.PciConfigurationPorts;

/** All devices wired as on a PC, under traffic that no sane guest makes. */
class DevicesPropertyTest {
    private static final int[] PORTS = {
        0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1, 0x40, 0x41, 0x42, 0x43, 0x61, 0x70, 0x71, 0x60, 0x64, 0x80, 0x92,
        0xcf8, 0xcf9, 0xcfc, 0xf4, 0x3f8, 0x3f9, 0x3fa, 0x3fb, 0x3fc, 0x3fd, 0x3fe, 0x3ff,
        0x600, 0x602, 0x604, 0x608
    };
    private static final int[] WIDTHS = {1, 1, 1, 1, 2, 4};

    private static final class Pc {
        final DeviceBench bench = new DeviceBench();
        final RecordedControl control = new RecordedControl();
        final DeviceBench.Probe intr = new DeviceBench.Probe();
        final StringBuilder console = new StringBuilder();
        final SerialInputQueue input = new SerialInputQueue();
        final InterruptController8259 pic = new InterruptController8259(intr);
        final IntervalTimer8254 pit = new IntervalTimer8254(bench.events, pic.line(0), 1_234_567);
        final SystemControlPortB portB = new SystemControlPortB(pit);
        final Rtc146818 rtc = new Rtc146818(bench.events, pic.line(8), 1_700_000_000, 64 << 20);
        final A20Gate a20 = new A20Gate(control);
        final KeyboardController8042 keyboard =
                new KeyboardController8042(pic.line(1), pic.line(12), control, a20);
        final SystemControlPortA portA = new SystemControlPortA(control, a20);
        final PostCodePort post = new PostCodePort();
        final PciConfigurationPorts pci = new PciConfigurationPorts(new PciBus(), control);
        final PowerManagement power = new PowerManagement(bench.events, pic.line(9), control);
        final Uart16550 uart = new Uart16550("COM1", bench.events, pic.line(4), value -> console.append((char) value),
                input, Uart16550.PC_CRYSTAL_HERTZ);

        Pc() {
            pic.attach(bench.ports);
            pit.attach(bench.ports);
            portB.attach(bench.ports);
            rtc.attach(bench.ports);
            keyboard.attach(bench.ports);
            portA.attach(bench.ports);
            post.attach(bench.ports);
            pci.attach(bench.ports);
            uart.attach(bench.ports, Uart16550.COM1_PORT);
            new DebugExit(control).attach(bench.ports);
            power.attach(bench.ports);
        }

        List<Record> state() {
            return List.of(pic.state(), pit.state(), portB.state(), rtc.state(), a20.state(), keyboard.state(),
                    portA.state(), post.state(), pci.state(), power.state(), uart.state(), input.state());
        }

        void copy(Pc other) {
            pic.restore(other.pic.state());
            pit.restore(other.pit.state());
            portB.restore(other.portB.state());
            rtc.restore(other.rtc.state());
            a20.restore(other.a20.state());
            keyboard.restore(other.keyboard.state());
            portA.restore(other.portA.state());
            post.restore(other.post.state());
            pci.restore(other.pci.state());
            power.restore(other.power.state());
            uart.restore(other.uart.state());
            input.restore(other.input.state());
            bench.restoreTime(other.bench.clock.position(), other.bench.deadlines());
            intr.level = other.intr.level;
        }

        /** One random step; returns what a guest could see of it. */
        int step(Random random) {
            int port = PORTS[random.nextInt(PORTS.length)];
            int width = WIDTHS[random.nextInt(WIDTHS.length)];
            switch (random.nextInt(12)) {
                case 0, 1, 2, 3 -> {
                    return bench.ports.read(port, width);
                }
                case 4 -> {
                    return intr.level ? pic.acknowledge() : -1;
                }
                case 5 -> bench.advance(random.nextInt(3_000_000));
                case 6 -> bench.advance(random.nextInt(3_000));
                case 7 -> {
                    input.append(new byte[] {(byte) random.nextInt()});
                    uart.inputAvailable();
                }
                case 8 -> initialisePics();
                default -> bench.ports.write(port, width, random.nextInt());
            }
            return intr.level ? 1 : 0;
        }

        /** What time and the handler of a tick do. */
        void tick(Random random) {
            switch (random.nextInt(6)) {
                case 0 -> bench.advance(random.nextInt(3_000_000));
                case 1 -> bench.advance(random.nextInt(200_000_000));
                case 2 -> {
                    if (intr.level) {
                        pic.acknowledge();
                    }
                    bench.out(0x20, 0x20);
                }
                case 3 -> bench.out(0x43, random.nextInt(0x40));
                case 4 -> bench.out(0x40, random.nextInt(0x100));
                default -> bench.out(0x70, rtc.state().index());
            }
        }

        private void initialisePics() {
            for (int port : new int[] {0x20, 0xa0}) {
                bench.out(port, 0x11);
                bench.out(port + 1, port);
                bench.out(port + 1, port == 0x20 ? 0x04 : 0x02);
                bench.out(port + 1, 0x01);
            }
        }
    }

    @Property(tries = 200)
    void aRestoredMachineBehavesAsTheOriginalUnderRandomTraffic(@ForAll long seed,
            @ForAll @IntRange(min = 0, max = 400) int before) {
        Random random = new Random(seed);
        Pc original = new Pc();
        for (int i = 0; i < before; i++) {
            original.step(random);
        }
        Pc restored = new Pc();
        restored.copy(original);
        assertThat(restored.state()).isEqualTo(original.state());
        original.console.setLength(0);
        original.control.calls.clear();

        long next = random.nextLong();
        List<Integer> seenByOriginal = run(original, new Random(next));
        List<Integer> seenByRestored = run(restored, new Random(next));
        assertThat(seenByRestored).isEqualTo(seenByOriginal);
        assertThat(restored.state()).isEqualTo(original.state());
        assertThat(restored.bench.deadlines()).isEqualTo(original.bench.deadlines());
        assertThat(restored.console).hasToString(original.console.toString());
        assertThat(restored.control.calls).isEqualTo(original.control.calls);
    }

    @Property(tries = 100)
    void takingTheStateChangesNothing(@ForAll long seed) {
        Pc quiet = new Pc();
        Pc observed = new Pc();
        Random first = new Random(seed);
        Random second = new Random(seed);
        for (int i = 0; i < 200; i++) {
            assertThat(observed.step(second)).isEqualTo(quiet.step(first));
            observed.state();
        }
        assertThat(observed.state()).isEqualTo(quiet.state());
    }

    @Property(tries = 200)
    void aDeviceThatCountedNoChangeIsInTheStateInWhichItWas(@ForAll long seed) {
        Random random = new Random(seed);
        Pc pc = new Pc();
        CountedChanges changes = new CountedChanges(pc.rtc, pc.keyboard, pc.uart, pc.input);
        for (int i = 0; i < 300; i++) {
            pc.step(random);
            changes.check();
        }
    }

    /** What loops that are proved rely on; {@link trapframe.bus.PortDevice#steadyBits}. */
    @Property(tries = 300)
    void whatADeviceSaysIsSteadyIsReadAgainWhateverTimeBrings(@ForAll long seed) {
        Pc pc = new Pc();
        Random random = new Random(seed);
        int traffic = random.nextInt(200);
        for (int i = 0; i < traffic; i++) {
            pc.step(random);
        }
        Map<Integer, Integer> steady = new TreeMap<>();
        Map<Integer, Integer> values = new TreeMap<>();
        for (int i = 0; i < 300; i++) {
            int port = PORTS[random.nextInt(PORTS.length)];
            int width = WIDTHS[random.nextInt(WIDTHS.length)];
            int key = port << 3 | width;
            List<Record> before = pc.state();
            int bits = pc.bench.ports.steadyBits(port, width);
            boolean idle = pc.bench.ports.changesNothing(0x70, 1, pc.rtc.state().index());
            assertThat(pc.bench.ports.whySteady(port)).isNotBlank();
            assertThat(pc.bench.ports.registerName(port)).satisfiesAnyOf(name -> assertThat(name).isEmpty(), name -> assertThat(name.get()).isNotBlank());
            assertThat(pc.state()).isEqualTo(before);
            assertThat(idle).isTrue();
            if (bits != 0 || steady.containsKey(key)) {
                int value = pc.bench.ports.read(port, width);
                steady.putIfAbsent(key, bits);
                values.putIfAbsent(key, value);
                assertThat(value & steady.get(key)).as("port 0x%x, %d bytes", port, width).isEqualTo(values.get(key) & steady.get(key));
            }
            pc.tick(random);
        }
        assertThat(steady).isNotEmpty();
    }

    @Property(tries = 200)
    void theUnmaskedTimerInterruptAlwaysArrivesAfterAnyTraffic(@ForAll long seed) {
        Pc pc = new Pc();
        Random random = new Random(seed);
        for (int i = 0; i < 200; i++) {
            pc.step(random);
        }
        pc.initialisePics();
        pc.bench.out(0x21, 0xfe);
        pc.bench.out(0x43, 0x34);
        pc.bench.out(0x40, 0xa9);
        pc.bench.out(0x40, 0x04);
        pc.bench.out(0x4d0, 0);
        if (pc.intr.level) {
            pc.pic.acknowledge();
            pc.bench.out(0x20, 0x20);
        }
        pc.bench.advance(1_001_000);
        assertThat(pc.intr.level).isTrue();
        assertThat(pc.pic.acknowledge()).isEqualTo(0x20);
    }

    private static List<Integer> run(Pc pc, Random random) {
        List<Integer> seen = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            seen.add(pc.step(random));
        }
        return seen;
    }
}
