package trapframe.device.apic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import trapframe.bus.Stateful;
import trapframe.device.CountedChanges;

/** All interrupt controllers together, under traffic that no sane guest makes. */
class ApicPropertyTest {
    private static final int CPUS = 3;
    private static final int[] REGISTERS = {
        0x020, 0x030, 0x080, 0x090, 0x0a0, 0x0b0, 0x0b0, 0x0d0, 0x0e0, 0x0f0, 0x100, 0x180, 0x200, 0x280, 0x300, 0x300, 0x310,
        0x320, 0x350, 0x360, 0x370, 0x380, 0x390, 0x3e0, 0x040, 0xff0
    };

    private static final class Machine {
        final ApicBench bench = new ApicBench(CPUS).enableAll();

        List<Stateful<?>> parts() {
            List<Stateful<?>> parts = new ArrayList<>(bench.bus.apics());
            parts.add(bench.ioApic);
            return parts;
        }

        List<Record> state() {
            return parts().stream().<Record>map(Stateful::state).toList();
        }

        void copy(Machine other) {
            for (int i = 0; i < CPUS; i++) {
                bench.apic(i).restore(other.bench.apic(i).state());
                bench.processors.get(i).intr = other.bench.processors.get(i).intr;
            }
            bench.ioApic.restore(other.bench.ioApic.state());
            bench.bench.restoreTime(other.bench.bench.clock.position(), other.bench.bench.deadlines());
        }

        /** One random step; returns what a guest could see of it. */
        long step(Random random) {
            int cpu = random.nextInt(CPUS);
            int register = REGISTERS[random.nextInt(REGISTERS.length)];
            int value = random.nextInt(4) == 0 ? random.nextInt() : random.nextInt(0x2_0000);
            switch (random.nextInt(12)) {
                case 0, 1 -> {
                    return bench.read(cpu, register);
                }
                case 2, 3, 4, 5 -> bench.write(cpu, register, value);
                case 6 -> bench.writePin(random.nextInt(IoApic.PINS), random.nextInt(256), value);
                case 7 -> bench.ioApic.pin(random.nextInt(IoApic.PINS)).set(random.nextBoolean());
                case 8 -> bench.bus.deliverMsi(0xfee0_0000L + (random.nextInt(1 << 20) & ~3), value);
                case 9 -> bench.bench.advance(random.nextInt(3_000));
                case 10 -> bench.bus.lint0().set(random.nextBoolean());
                default -> {
                    if (bench.processors.get(cpu).intr) {
                        return bench.acknowledge(cpu);
                    }
                }
            }
            return bench.processors.get(cpu).intr ? 1 : 0;
        }
    }

    @Property(tries = 200)
    void aRestoredMachineBehavesAsTheOriginalUnderRandomTraffic(@ForAll long seed, @ForAll @IntRange(max = 400) int before) {
        Random random = new Random(seed);
        Machine original = new Machine();
        for (int i = 0; i < before; i++) {
            original.step(random);
        }
        Machine restored = new Machine();
        restored.copy(original);
        original.bench.processors.forEach(processor -> processor.signals.clear());
        assertThat(restored.state()).isEqualTo(original.state());
        long next = random.nextLong();
        assertThat(run(restored, next)).isEqualTo(run(original, next));
        assertThat(restored.state()).isEqualTo(original.state());
        assertThat(restored.bench.bench.deadlines()).isEqualTo(original.bench.bench.deadlines());
        for (int i = 0; i < CPUS; i++) {
            assertThat(restored.bench.processors.get(i).signals).isEqualTo(original.bench.processors.get(i).signals);
        }
    }

    private static List<Long> run(Machine machine, long seed) {
        Random random = new Random(seed);
        List<Long> seen = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            seen.add(machine.step(random));
        }
        return seen;
    }

    /** INTR says at any time whether an acknowledge would find something, and states do not change without being counted. */
    @Property(tries = 200)
    void intrIsHighExactlyWhileThereIsSomethingToAcknowledge(@ForAll long seed) {
        Random random = new Random(seed);
        Machine machine = new Machine();
        CountedChanges changes = new CountedChanges(machine.parts());
        for (int i = 0; i < 300; i++) {
            machine.step(random);
            changes.check();
            for (int cpu = 0; cpu < CPUS; cpu++) {
                LocalApic apic = machine.bench.apic(cpu);
                int request = highest(machine.bench, cpu, ApicBench.IRR);
                int service = highest(machine.bench, cpu, ApicBench.ISR);
                int task = machine.bench.read(cpu, ApicBench.TPR);
                boolean own = request >> 4 > Math.max(Math.max(service, 0) >> 4, task >> 4);
                LocalApic.State state = apic.state();
                int lint0 = machine.bench.read(cpu, ApicBench.LVT_LINT0);
                boolean pin = state.lvt().levels().getFirst() ^ (lint0 >> 13 & 1) != 0;
                boolean external = state.extInt() || pin && (lint0 & 0x1_0700) == 0x700;
                assertThat(machine.bench.processors.get(cpu).intr).as("step %d, cpu %d", i, cpu).isEqualTo(own || external);
            }
        }
    }

    private static int highest(ApicBench bench, int cpu, int set) {
        for (int vector = 255; vector >= 0; vector--) {
            if (bench.has(cpu, set, vector)) {
                return vector;
            }
        }
        return -1;
    }

    /** After any traffic, a kernel that sets up what it needs gets its interrupts. */
    @Property(tries = 200)
    void anApicThatIsSetUpAnewWorks(@ForAll long seed) {
        Random random = new Random(seed);
        Machine machine = new Machine();
        for (int i = 0; i < 300; i++) {
            machine.step(random);
        }
        ApicBench bench = machine.bench;
        for (int pin = 0; pin < IoApic.PINS; pin++) {
            bench.writePin(pin, 0, ApicBench.MASKED);
            bench.ioApic.pin(pin).set(false);
        }
        bench.bus.lint0().set(false);
        bench.send(1, 0, 5 << 8 | 1 << 14);
        bench.write(0, ApicBench.SVR, 0x1ff);
        bench.writePin(9, 0, 1 << 15 | 0x91);
        bench.ioApic.pin(9).set(true);
        assertThat(bench.acknowledge(0)).isEqualTo(0x91);
        bench.ioApic.pin(9).set(false);
        bench.eoi(0);
        bench.write(0, ApicBench.LVT_TIMER, 0x55);
        bench.write(0, ApicBench.TIMER_INITIAL, 100);
        bench.bench.advance(200);
        assertThat(bench.acknowledge(0)).isEqualTo(0x55);
        bench.eoi(0);
        assertThat(bench.processors.getFirst().intr).isFalse();
    }
}
