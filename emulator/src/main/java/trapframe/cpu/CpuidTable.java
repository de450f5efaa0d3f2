package trapframe.cpu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * What CPUID says: the same on every host. Features that the engine lacks, or whose answers would come from the host
 * (RDRAND, RDSEED), are absent, and the engine's decoder refuses their instructions with #UD. Field layout: SDM
 * vol. 2A, CPUID.
 */
final class CpuidTable {
    /** Feature words as CPUID reports them, which {@code Engine.setFeatures} also enforces. */
    static final int LEAF1_EDX = bits(0, 2, 3, 4, 5, 6, 8, 11, 12, 13, 15, 16, 17, 19, 23, 24, 25, 26);
    static final int LEAF1_ECX = bits(0, 1, 9, 13, 19, 20, 22, 23, 25);
    /** Without ERMS: the engine makes a round of each element, so that REP MOVSB is the slowest way to copy. */
    static final int LEAF7_EBX = bits(0, 3, 7, 8, 19, 20);
    static final int EXTENDED_EDX = bits(11, 20, 26, 27, 29);
    static final int EXTENDED_ECX = bits(0, 5);

    private static final int EXTENDED = 0x8000_0000;
    private static final int LAST_BASIC = 0xb;
    static final int APIC = 1 << 9;
    private static final int APIC_TIMER_ALWAYS_RUNS = 1 << 2;
    private static final int LAST_EXTENDED = EXTENDED + 8;
    /** Family 6, model 60, stepping 3: also in EDX after INIT. */
    static final int SIGNATURE = 0x0003_06c3;
    private static final int CLFLUSH_64_BYTES = 8 << 8;
    private static final int INVARIANT_TSC = 1 << 8;
    /** In leaf 1: the package has several logical processors, and EBX says how many. */
    private static final int HTT = 1 << 28;
    private static final int LEVEL_THREAD = 1 << 8;
    private static final int LEVEL_CORE = 2 << 8;
    private static final int LINEAR_ADDRESS_BITS = 48;
    private static final String BRAND = "Trapframe x86-64";

    /** Values of the four registers, in the order EAX, EBX, ECX, EDX. */
    record Registers(int eax, int ebx, int ecx, int edx) { }

    private CpuidTable() { }

    /**
     * @param cpu  the CPU's number, which is its APIC ID
     * @param cpus how many there are: cores of one package, one thread each
     * @param apic whether the CPU has a local APIC that is not switched off
     */
    static Registers read(int leaf, int subleaf, int cpu, int cpus, boolean apic) {
        boolean extended = (leaf & EXTENDED) != 0;
        if (extended ? Integer.compareUnsigned(leaf, LAST_EXTENDED) > 0 : leaf > LAST_BASIC) {
            // Beyond the last leaf a processor answers as for the last basic one.
            return read(LAST_BASIC, subleaf, cpu, cpus, apic);
        }
        return switch (leaf) {
            case 0 -> text(LAST_BASIC, "GenuineIntel");
            case 1 -> new Registers(SIGNATURE, cpu << 24 | 1 << idBits(cpus) + 16 | CLFLUSH_64_BYTES, LEAF1_ECX,
                    LEAF1_EDX | (apic ? APIC : 0) | (cpus > 1 ? HTT : 0));
            case 2 -> new Registers(0x00ff_ff01, 0, 0, 0);
            case 4 -> cache(subleaf, (1 << idBits(cpus)) - 1 << 26);
            case 6 -> new Registers(APIC_TIMER_ALWAYS_RUNS, 0, 0, 0);
            case 7 -> subleaf == 0 ? new Registers(0, LEAF7_EBX, 0, 0) : new Registers(0, 0, 0, 0);
            case 0xb -> topology(subleaf, cpu, cpus);
            case EXTENDED -> new Registers(LAST_EXTENDED, 0, 0, 0);
            case EXTENDED + 1 -> new Registers(0, 0, EXTENDED_ECX, EXTENDED_EDX);
            case EXTENDED + 2, EXTENDED + 3, EXTENDED + 4 -> brand(leaf - (EXTENDED + 2));
            case EXTENDED + 6 -> new Registers(0, 0, 256 << 16 | 6 << 12 | 64, 0);
            case EXTENDED + 7 -> new Registers(0, 0, 0, INVARIANT_TSC);
            case EXTENDED + 8 ->
                    new Registers(LINEAR_ADDRESS_BITS << 8 | Paging.PHYSICAL_ADDRESS_BITS, 0, 0, 0);
            default -> new Registers(0, 0, 0, 0);
        };
    }

    /** How many bits of the APIC ID tell the package's processors apart. */
    private static int idBits(int cpus) {
        return Integer.SIZE - Integer.numberOfLeadingZeros(cpus - 1);
    }

    /**
     * Leaf 4: 32 KiB of data cache, 32 KiB of instruction cache, 256 KiB of second level, each of one core; lines of 64
     * bytes.
     */
    private static Registers cache(int index, int cores) {
        return switch (index) {
            case 0 -> new Registers(cores | 1 | 1 << 5 | 1 << 8, 7 << 22 | 63, 63, 0);
            case 1 -> new Registers(cores | 2 | 1 << 5 | 1 << 8, 7 << 22 | 63, 63, 0);
            case 2 -> new Registers(cores | 3 | 2 << 5 | 1 << 8, 7 << 22 | 63, 511, 0);
            default -> new Registers(0, 0, 0, 0);
        };
    }

    /** Leaf 0xb: how many bits of the APIC ID belong to the levels below, and how many processors there are in them. */
    private static Registers topology(int level, int cpu, int cpus) {
        return switch (level) {
            case 0 -> new Registers(0, 1, LEVEL_THREAD, cpu);
            case 1 -> new Registers(idBits(cpus), cpus, LEVEL_CORE | 1, cpu);
            default -> new Registers(0, 0, level & 0xff, cpu);
        };
    }

    private static Registers text(int eax, String vendor) {
        ByteBuffer bytes = ByteBuffer.wrap(vendor.getBytes(StandardCharsets.US_ASCII))
                .order(ByteOrder.LITTLE_ENDIAN);
        int ebx = bytes.getInt();
        int edx = bytes.getInt();
        return new Registers(eax, ebx, bytes.getInt(), edx);
    }

    private static Registers brand(int part) {
        byte[] padded = new byte[48];
        byte[] name = BRAND.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(name, 0, padded, 0, name.length);
        ByteBuffer bytes = ByteBuffer.wrap(padded, 16 * part, 16).order(ByteOrder.LITTLE_ENDIAN);
        return new Registers(bytes.getInt(), bytes.getInt(), bytes.getInt(), bytes.getInt());
    }

    private static int bits(int... numbers) {
        int value = 0;
        for (int number : numbers) {
            value |= 1 << number;
        }
        return value;
    }
}
