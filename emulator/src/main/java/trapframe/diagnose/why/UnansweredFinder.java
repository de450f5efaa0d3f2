package trapframe.diagnose.why;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import trapframe.cpu.Cpu;
import trapframe.cpu.DeviceAccess;
import trapframe.cpu.Witness;
import trapframe.timeline.Moment;

/** Finds out who sent the interrupts that CPUs with interrupts off do not take. */
final class UnansweredFinder {
    private static final int PAGE = 4096;
    /** The lower half of the interrupt command register: what is written there is sent, and its lowest byte is the vector (SDM vol. 3A, 11.6.1). */
    private static final int COMMAND = 0x300;
    private static final int VECTOR = 0xff;
    /** In positions, before a CPU began to spin: who sends an interrupt and waits for the answer waits soon. */
    private static final long BEFORE = 4 << 20;

    private final Scene scene;
    private final Moment now;

    UnansweredFinder(Scene scene, Moment now) {
        this.scene = scene;
        this.now = now;
    }

    /** A command, behind the instructions up to a position. */
    private record Command(long position, int cpu) { }

    List<Unanswered> find(List<CpuNow> cpus) {
        List<CpuNow> deaf = cpus.stream().filter(cpu -> !cpu.interruptsOn() && cpu.interrupts().apic().filter(apic -> !apic.requested().isEmpty()).isPresent())
                .toList();
        if (deaf.isEmpty() || cpus.size() == 1) {
            return List.of();
        }
        long spinning = cpus.stream().flatMap(cpu -> cpu.spin().flatMap(Spin::since).stream()).max(Long::compare).orElse(now.position());
        Map<Integer, Command> commands = commands(spinning);
        List<Unanswered> found = new ArrayList<>();
        for (CpuNow cpu : deaf) {
            for (int vector : cpu.interrupts().apic().orElseThrow().requested()) {
                Optional.ofNullable(commands.get(vector)).filter(command -> command.cpu != cpu.cpu()).ifPresent(command -> {
                    scene.timeline().goTo(Moment.at(command.position));
                    found.add(new Unanswered(cpu.cpu(), vector, scene.event(command.cpu)));
                });
            }
        }
        scene.timeline().goTo(now);
        return found;
    }

    /** The last command that sent each vector, before a position. */
    private Map<Integer, Command> commands(long end) {
        Map<Integer, Command> commands = new TreeMap<>();
        scene.timeline().goTo(Moment.at(Math.max(0, end - BEFORE)));
        scene.machine().witness(new Witness() {
            @Override
            public void accessed(Cpu cpu, long position, DeviceAccess access) {
                if (access.write() && !access.port() && access.address() % PAGE == COMMAND && access.device().equals(Optional.of(DeviceAccess.LOCAL_APIC))) {
                    commands.put((int) access.value() & VECTOR, new Command(position, cpu.number()));
                }
            }
        });
        scene.timeline().run(end);
        scene.machine().witness(null);
        return commands;
    }
}
