package trapframe.firmware;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import trapframe.memory.GuestMemory;

class BiosDataAreaTest {
    @Test
    void kernelsFindTheExtendedAreaTheBaseMemoryAndTheSerialPort() {
        try (GuestMemory ram = new GuestMemory(16 << 20)) {
            BiosDataArea.write(ram, MemoryMap.of(ram.size()));
            assertThat(ram.getShort(0x40e) << 4).isEqualTo(0x9fc00);
            assertThat(ram.getShort(0x413)).isEqualTo(639);
            assertThat(ram.getShort(0x400)).isEqualTo(0x3f8);
            assertThat(ram.getShort(0x410) >> 9 & 7).as("serial ports").isEqualTo(1);
            assertThat(ram.getByte(0x9fc00)).as("KiB of the extended area").isEqualTo(1);
        }
    }
}
