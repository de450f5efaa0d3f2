package trapframe.diagnose;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.LongStream;
import trapframe.codec.Codec;
import trapframe.cpu.Cpu;
import trapframe.cpu.CpuSnapshot;
import trapframe.cpu.Vector;
import trapframe.device.IntervalTimer8254;
import trapframe.device.apic.LocalApic;
import trapframe.diagnose.flow.Step;
import trapframe.machine.Machine;
import trapframe.time.EventQueue;
import trapframe.unicorn.CpuState;

/**
 * A machine right behind a delivery to one of its CPUs, but for memory and general registers.
 *
 * @param devices    their states, but for the other CPUs' local APICs, and of what counts with time
 * @param armed      which timers are, but for those of other CPUs' local APICs
 * @param exceptions how often each one came to the CPU
 */
record Scene(long position, long rip, long rsp, Frame frame, CpuSnapshot cpu, List<byte[]> devices, List<Boolean> armed, long[] exceptions) {
    static Scene of(Machine machine, Step delivery) {
        Cpu cpu = machine.cpus().get(delivery.cpu());
        return new Scene(machine.clock().position(), delivery.rip(), delivery.registers()[CpuState.RSP],
                Frame.of(delivery, machine.ram()), cpu.snapshot(), devices(machine, delivery.cpu()), armed(machine, delivery.cpu()),
                LongStream.range(0, Vector.COUNT).map(vector -> cpu.counts().exceptions((int) vector)).toArray());
    }

    /** RSP of what was interrupted. */
    long interruptedRsp() {
        return frame.rsp(rsp);
    }

    private static List<Boolean> armed(Machine machine, int cpu) {
        List<Boolean> armed = new ArrayList<>();
        for (int i = 0; i < machine.timerNames().size(); i++) {
            OptionalInt local = Surroundings.cpuOf(machine.timerNames().get(i));
            if (local.isEmpty() || local.getAsInt() == cpu) {
                armed.add(machine.deadlines().get(i) != EventQueue.NEVER);
            }
        }
        return armed;
    }

    @SuppressWarnings("unchecked")
    private static List<byte[]> devices(Machine machine, int cpu) {
        List<byte[]> states = new ArrayList<>();
        int apics = 0;
        for (Machine.DeviceState device : machine.deviceStates()) {
            boolean other = device.state() instanceof LocalApic.State && apics++ != cpu;
            if (!other) {
                Record state = switch (device.state()) {
                    case IntervalTimer8254.State timer -> timer.timeless();
                    case LocalApic.State apic -> apic.timeless();
                    default -> device.state();
                };
                states.add(((Codec<Record>) Codec.of(state.getClass())).toBytes(state));
            }
        }
        return states;
    }

    /**
     * What is not as it is in another scene, in words.
     *
     * @param anywhere whether the interrupt comes anywhere in a loop
     */
    Optional<String> difference(Scene other, boolean anywhere) {
        boolean samePlace = anywhere ? frame.isSameButForPlace(other.frame) : Arrays.equals(frame.bytes(), other.frame.bytes());
        if (!samePlace) {
            return Optional.of("it interrupts another place");
        }
        if (!sameDevices(devices, other.devices) || !armed.equals(other.armed)) {
            return Optional.of("a device is not as it was");
        }
        CpuSnapshot a = cpu;
        CpuSnapshot b = other.cpu;
        boolean same = Arrays.equals(a.segments(), b.segments()) && Arrays.equals(a.control(), b.control()) && Arrays.equals(a.debug(), b.debug())
                && Arrays.equals(a.model(), b.model()) && Arrays.equals(a.memoryTypes(), b.memoryTypes()) && Arrays.equals(a.vector(), b.vector())
                && Arrays.equals(a.pending(), b.pending()) && a.hits() == b.hits();
        return same ? Optional.empty() : Optional.of("segments, control registers or the like are not as they were");
    }

    private static boolean sameDevices(List<byte[]> one, List<byte[]> other) {
        if (one.size() != other.size()) {
            return false;
        }
        for (int i = 0; i < one.size(); i++) {
            if (!Arrays.equals(one.get(i), other.get(i))) {
                return false;
            }
        }
        return true;
    }
}
