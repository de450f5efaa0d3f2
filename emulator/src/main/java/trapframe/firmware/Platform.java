package trapframe.firmware;

import java.util.List;

/**
 * What differs between machines in what firmware says of them.
 *
 * @param memoryBytes  RAM, from address 0 on
 * @param cpus         1 to 16; their APIC IDs are 0 and up
 * @param cpuSignature EAX of CPUID's leaf 1
 * @param cpuFeatures  EDX of CPUID's leaf 1
 * @param devices      what no bus would show
 */
public record Platform(long memoryBytes, int cpus, int cpuSignature, int cpuFeatures, List<PlatformDevice> devices) {
    public Platform {
        devices = List.copyOf(devices);
    }

    /** The I/O APIC's ID: the first that no CPU has. */
    public int ioApicId() {
        return cpus;
    }
}
