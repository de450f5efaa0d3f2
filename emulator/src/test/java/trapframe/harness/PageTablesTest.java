package trapframe.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import trapframe.cpu.Activity;
import trapframe.cpu.CpuSnapshot;
import trapframe.memory.GuestMemory;

/** All that tables map, in each mode of paging (SDM vol. 3A, 4.1.1). The first table is at 0x1000. */
class PageTablesTest {
    private static final long PG = 1L << 31;
    private static final long PSE = 1 << 4;
    private static final long PAE = 1 << 5;
    private static final long LMA = 1 << 10;
    private static final long NXE = 1 << 11;
    private static final long NX = 1L << 63;

    private final GuestMemory ram = new GuestMemory(1 << 20);

    @Test
    void nothingIsMappedWithoutPaging() {
        ram.putInt(0x1000, 0x2007);
        ram.putInt(0x2000, 0x5007);

        assertThat(mappings(0, 0, 0)).isEmpty();
    }

    @Test
    void a32BitGuestHasPagesOfFourKibibytes() {
        ram.putInt(0x1000 + 4 * 0x300, 0x2007);     // the tables above 0xc0000000
        ram.putInt(0x2000, 0x5003);
        ram.putInt(0x2004, 0x6003);                 // goes on in both kinds of addresses
        ram.putInt(0x2008, 0x7001);                 // other rights
        ram.putInt(0x200c, 0x9007);                 // a gap
        ram.putInt(0x2014, 0x1_0006);               // not present
        ram.putInt(0x1000 + 4 * 0x3ff, 0x3001);     // a table that cannot be written
        ram.putInt(0x3000 + 4 * 0x3ff, 0xf007);

        assertThat(mappings(PG, 0, 0)).containsExactly("0xc0000000 to 0xc0001fff rwx- at 0x5000", "0xc0002000 to 0xc0002fff r-x- at 0x7000",
                "0xc0003000 to 0xc0003fff rwxu at 0x9000", "0xfffff000 to 0xffffffff r-x- at 0xf000");
    }

    /** Bits 20 to 13 of such an entry are bits 39 to 32 of the address (SDM vol. 3A, table 4-4). */
    @Test
    void a32BitGuestHasPagesOfFourMebibytesOnlyWithPse() {
        ram.putInt(0x1000, 0x2000 | 0x83);
        ram.putInt(0x1000 + 4, 0x0040_0000 | 0x83);
        ram.putInt(0x1000 + 8, 0x0080_0000 | 0xa5 << 13 | 0x85);

        assertThat(mappings(PG, PSE, 0)).containsExactly("0x0 to 0x3fffff rwx- at 0x100000000", "0x400000 to 0x7fffff rwx- at 0x400000",
                "0x800000 to 0xbfffff r-xu at 0xa500800000");
        // Without it, each is a table: the first one's is empty, and the others' are no RAM.
        assertThat(mappings(PG, 0, 0)).isEmpty();
    }

    /** The four entries of PAE's first table grant no rights, and set none aside (SDM vol. 3A, table 4-8). */
    @Test
    void aPaeGuestTakesItsRightsFromTheLowerTwoLevels() {
        ram.putLong(0x1000 + 8 * 3, 0x2001);
        ram.putLong(0x2000, 0x3007);
        ram.putLong(0x2008, 0x20_0083 | NX);
        ram.putLong(0x3000, 0x5005);
        ram.putLong(0x3008, 0x12_3456_7007L | NX);
        // What would be the fifth entry belongs to no table.
        ram.putLong(0x1000 + 8 * 4, 0x2001);

        assertThat(mappings(PG, PAE, NXE)).containsExactly("0xc0000000 to 0xc0000fff r-xu at 0x5000", "0xc0001000 to 0xc0001fff rw-u at 0x1234567000",
                "0xc0200000 to 0xc03fffff rw-- at 0x200000");
        assertThat(mappings(PG, PAE, 0)).contains("0xc0200000 to 0xc03fffff rwx- at 0x200000");
    }

    @Test
    void theFirstTableOfAPaeGuestLiesAtAMultipleOf32() {
        ram.putLong(0x1020, 0x2001);
        ram.putLong(0x2000, 0x83);

        assertThat(PageTables.of(cpu(PG, 0x1038, PAE, 0), ram)).extracting(Mapping::toString).containsExactly("0x0 to 0x1fffff rwx- at 0x0");
    }

    @Test
    void fourLevelsMapTheUpperHalfBehindTheLowerOne() {
        ram.putLong(0x1000, 0x2007);
        ram.putLong(0x1000 + 8 * 511, 0x2003 | NX);
        ram.putLong(0x2000, 0x4000_0087L);

        assertThat(mappings(PG, PAE, LMA | NXE)).containsExactly("0x0 to 0x3fffffff rwxu at 0x40000000",
                "0xffffff8000000000 to 0xffffff803fffffff rw-- at 0x40000000");
    }

    private List<String> mappings(long cr0, long cr4, long efer) {
        return PageTables.of(cpu(cr0, 0x1000, cr4, efer), ram).stream().map(Mapping::toString).toList();
    }

    private static CpuSnapshot cpu(long cr0, long cr3, long cr4, long efer) {
        return new CpuSnapshot(0, 0, new long[16], new long[36], new long[] {cr0, 0, cr3, cr4}, new long[6], new long[] {efer}, new long[0], new byte[0],
                Activity.ACTIVE, new boolean[5], -1, 0);
    }
}
