package trapframe.gdb;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import trapframe.cpu.Activity;
import trapframe.cpu.CpuSnapshot;
import trapframe.memory.GuestMemory;

class PageTablesTest {
    private static final long PG = 1L << 31;
    private static final long PSE = 1 << 4;
    private static final long PAE = 1 << 5;
    private static final long LMA = 1 << 10;

    private final GuestMemory ram = new GuestMemory(1 << 20);

    @Test
    void withoutPagingAnAddressIsItself() {
        assertThat(PageTables.walk(cpu(0, 0, 0), ram, 0x1234)).isEqualTo("paging is off: physical 0x1234\n");
    }

    /** Bits 20 to 13 of such an entry are bits 39 to 32 of the address (SDM vol. 3A, table 4-4). */
    @Test
    void aPageOfFourMebibytesMayLieAboveFourGibibytes() {
        ram.putInt(0x1000 + 3 * 4, 0x0080_0000 | 0xa5 << 13 | 0x83);

        assertThat(PageTables.walk(cpu(PG, PSE, 0), ram, 0x00c1_2345)).isEqualTo("""
                CR3 0x1000
                PDE   at 0x100c: 0x94a083 P W PS
                physical 0xa500812345, page of 4096 KiB
                """);
    }

    @Test
    void withoutPseTheEntryIsATable() {
        ram.putInt(0x1000, 0x2083);
        ram.putInt(0x2000, 0x5001);

        assertThat(PageTables.walk(cpu(PG, 0, 0), ram, 0x123)).endsWith("PTE   at 0x2000: 0x5001 P\nphysical 0x5123, page of 4 KiB\n");
    }

    @Test
    void paeHasAFirstTableOfFourEntries() {
        ram.putLong(0x1000 + 3 * 8, 0x2001);
        ram.putLong(0x2000, 0x8000_0000_0020_0083L);

        assertThat(PageTables.walk(cpu(PG, PAE, 0), ram, 0xffff_ffff_c000_0042L)).isEqualTo("""
                CR3 0x1000
                PDPTE at 0x1018: 0x2001 P
                PDE   at 0x2000: 0x8000000000200083 P W PS NX
                physical 0x200042, page of 2048 KiB
                """);
    }

    @Test
    void fourLevelsHavePagesOfAGibibyte() {
        ram.putLong(0x1000 + 511 * 8, 0x2003);
        ram.putLong(0x2000 + 510 * 8, 0x4000_0083L);

        assertThat(PageTables.walk(cpu(PG, PAE, LMA), ram, 0xffff_ffff_8000_0042L)).endsWith("physical 0x40000042, page of 1048576 KiB\n");
        assertThat(PageTables.walk(cpu(PG, PAE, LMA), ram, 1L << 47)).isEqualTo("not canonical\n");
    }

    private static CpuSnapshot cpu(long cr0, long cr4, long efer) {
        return new CpuSnapshot(0, 0, new long[16], new long[36], new long[] {cr0, 0, 0x1000, cr4}, new long[6], new long[] {efer}, new long[0], new byte[0],
                Activity.ACTIVE, new boolean[5], -1, 0);
    }
}
