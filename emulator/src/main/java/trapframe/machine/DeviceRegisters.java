package trapframe.machine;

import java.util.Optional;
import trapframe.bus.LocalInterrupts;
import trapframe.bus.MmioBus;
import trapframe.bus.MmioDevice;
import trapframe.bus.PortBus;
import trapframe.bus.PortDevice;
import trapframe.cpu.DeviceAccess;

/** What devices say of their registers without an access to them: which of them stay as they are. */
public final class DeviceRegisters {
    private static final long PAGE = 4096;

    private final Board board;

    DeviceRegisters(Board board) {
        this.board = board;
    }

    /** @param bytes 1, 2 or 4 */
    public DeviceRegister atPort(int port, int bytes) {
        return new DeviceRegister(ports().nameAt(port), ports().registerName(port), true, port & 0xffff, bytes);
    }

    /**
     * A register in memory.
     *
     * @param cpu      whose access it is: each has its own local APIC
     * @param physical an address where no RAM is, a multiple of the width
     * @param bytes    1, 2 or 4
     */
    public DeviceRegister inMemory(int cpu, long physical, int bytes) {
        return isLocal(cpu, physical)
                ? new DeviceRegister(Optional.of(DeviceAccess.LOCAL_APIC), apic(cpu).registers().registerName(physical & PAGE - 1), false, physical, bytes)
                : new DeviceRegister(memory().nameAt(physical), memory().registerName(physical), false, physical, bytes);
    }

    /** The register that a CPU accessed. */
    public DeviceRegister of(int cpu, DeviceAccess access) {
        return access.port() ? atPort((int) access.address(), access.width()) : inMemory(cpu, access.address(), access.width());
    }

    /** {@link PortDevice#steadyBits} or {@link MmioDevice#steadyBits}; none above the register's width. */
    public long steadyBits(int cpu, DeviceRegister register) {
        long bits = register.port() ? ports().steadyBits((int) register.address(), register.bytes())
                : isLocal(cpu, register.address()) ? apic(cpu).registers().steadyBits(register.address() & PAGE - 1, register.bytes())
                : memory().steadyBits(register.address(), register.bytes());
        return bits & (1L << 8 * register.bytes()) - 1;
    }

    /** Why those bits stay as they are: {@link PortDevice#whySteady} or {@link MmioDevice#whySteady}. */
    public String whySteady(int cpu, DeviceRegister register) {
        return register.port() ? ports().whySteady((int) register.address())
                : isLocal(cpu, register.address()) ? apic(cpu).registers().whySteady(register.address() & PAGE - 1)
                : memory().whySteady(register.address());
    }

    /** {@link PortDevice#changesNothing} of a port. */
    public boolean changesNothing(DeviceRegister register, int value) {
        return ports().changesNothing((int) register.address(), register.bytes(), value);
    }

    /** Whether an address is one where a CPU has its local APIC. */
    public boolean isLocal(int cpu, long physical) {
        return apic(cpu).registersPage() == (physical & -PAGE);
    }

    private LocalInterrupts apic(int cpu) {
        return board.apics().apics().get(cpu);
    }

    private PortBus ports() {
        return board.ports();
    }

    private MmioBus memory() {
        return board.mmio();
    }
}
