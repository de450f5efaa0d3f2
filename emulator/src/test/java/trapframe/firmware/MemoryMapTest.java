package trapframe.firmware;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

import trapframe.firmware.MemoryMap.Region;
import trapframe.firmware.MemoryMap.Type;
import trapframe.memory.GuestMemory;

class MemoryMapTest {
    @Test
    void describesConventionalMemoryBiosAndExtendedMemory() {
        assertThat(MemoryMap.of(0x800_0000).regions()).containsExactly(
                new Region(0, 0x9_fc00, Type.RAM),
                new Region(0x9_fc00, 0x400, Type.RESERVED),
                new Region(0xf_0000, 0x1_0000, Type.RESERVED),
                new Region(0x10_0000, 0x7f0_0000, Type.RAM));
    }

    @Test
    void aMachineOfOneMebibyteHasNoExtendedMemory() {
        MemoryMap map = MemoryMap.of(0x10_0000);
        assertThat(map.ram()).containsExactly(new Region(0, 0x9_fc00, Type.RAM));
        assertThat(map.lowerKib()).isEqualTo(639);
        assertThat(map.upperKib()).isZero();
    }

    @Property(tries = 200)
    void regionsAscendWithoutOverlapAndEndWithRam(@ForAll @LongRange(min = 256, max = 0xc_0000) long pages) {
        long end = 0;
        MemoryMap map = MemoryMap.of(pages * GuestMemory.PAGE_SIZE);
        for (Region region : map.regions()) {
            assertThat(region.start()).isGreaterThanOrEqualTo(end);
            assertThat(region.length()).isPositive();
            end = region.end();
        }
        assertThat(end).isEqualTo(pages * GuestMemory.PAGE_SIZE);
        assertThat(map.upperKib()).isEqualTo((int) (pages * 4 - 1024));
    }
}
