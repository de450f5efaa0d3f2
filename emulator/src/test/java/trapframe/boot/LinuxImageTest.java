package trapframe.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.ValueLayout;
import java.util.List;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import trapframe.cpu.EntryState;
import trapframe.memory.GuestMemory;

class LinuxImageTest {
    private final GuestMemory ram = new GuestMemory(32 * Images.MIB);
    private final Images.BzImage image = new Images.BzImage();

    @AfterEach
    void free() {
        ram.close();
    }

    private EntryState load(BootParameters parameters) {
        BootImage parsed = Images.parse(image.build());
        assertThat(parsed).isInstanceOf(LinuxImage.class);
        return parsed.load(ram, Images.firmware(ram), parameters);
    }

    @Test
    void the64BitEntryIs0x200BehindThePreferredAddress() {
        EntryState entry = load(BootParameters.of(""));
        assertThat(entry.mode()).isEqualTo(EntryState.Mode.LONG);
        assertThat(entry.rip()).isEqualTo(0x100_0200);
        assertThat(ram.read(0x100_0000, Images.BzImage.CODE_SIZE)).containsOnly(Images.CODE_BYTE);
        assertThat(Images.parse(image.build()).protocol()).isEqualTo("Linux 64-bit boot protocol 2.15");
    }

    @Test
    void the64BitDescriptorsAreFlatAtTheSelectorsOfTheProtocol() {
        EntryState entry = load(BootParameters.of(""));
        assertThat(entry.codeSelector()).isEqualTo(0x10);
        assertThat(entry.dataSelector()).isEqualTo(0x18);
        assertThat(ram.getLong(entry.gdtBase() + 0x10)).isEqualTo(0x00af_9b00_0000_ffffL);
        assertThat(ram.getLong(entry.gdtBase() + 0x18)).isEqualTo(0x00cf_9300_0000_ffffL);
    }

    @Test
    void theStructuresLieWhereTheDocumentationSays() {
        EntryState entry = load(BootParameters.of(""));
        assertThat(entry.gdtBase()).isEqualTo(0x9000);
        assertThat(entry.rsi()).isEqualTo(0xa000);
        assertThat(entry.cr3()).isEqualTo(0xb000);
        assertThat(ram.getInt(entry.rsi() + 0x228)).isEqualTo(0x1_1000);
    }

    @Test
    void theFirst4GibAreMappedToThemselves() {
        EntryState entry = load(BootParameters.of(""));
        for (long address : new long[] {0, 0x1234_5678L, 0x4000_0000L, 0x7fff_ffffL, 0xffff_ffffL}) {
            long pml4e = ram.getLong(entry.cr3());
            assertThat(pml4e & 0xfff).isEqualTo(3);
            long pdpte = ram.getLong((pml4e & ~0xfffL) + 8 * (address >> 30));
            assertThat(pdpte & 0xfff).isEqualTo(3);
            long pde = ram.getLong((pdpte & ~0xfffL) + 8 * (address >> 21 & 0x1ff));
            assertThat(pde & 0x1f_ffff).isEqualTo(0x83);
            assertThat((pde & ~0x1f_ffffL) + (address & 0x1f_ffff)).isEqualTo(address);
        }
        assertThat(ram.getLong(entry.cr3() + 8)).isZero();
    }

    @Test
    void bootParametersHoldTheSetupHeaderAndWhatTheLoaderWrites() {
        EntryState entry = load(new BootParameters("console=ttyS0", List.of()));
        long params = entry.rsi();
        assertThat(params % 4096).isZero();
        assertThat(ram.read(params + 0x23, 0x70 - 0x23)).as("nothing before the header is copied").containsOnly(0);
        assertThat(ram.getByte(params + 0x1ef)).as("sentinel").isZero();
        assertThat(ram.getByte(params + 0x1f1)).isEqualTo(1);
        assertThat(ram.getShort(params + 0x1fe)).isEqualTo(0xaa55);
        assertThat(ram.getInt(params + 0x202)).isEqualTo(0x5372_6448);
        assertThat(ram.getShort(params + 0x206)).isEqualTo(0x20f);
        assertThat(ram.getByte(params + 0x210)).as("type_of_loader").isEqualTo(0xff);
        assertThat(ram.getByte(params + 0x211)).as("LOADED_HIGH alone").isEqualTo(1);
        assertThat(ram.getInt(params + 0x214)).as("code32_start").isEqualTo(0x100_0000);
        assertThat(ram.getInt(params + 0x218)).as("ramdisk_image").isZero();
        assertThat(ram.getInt(params + 0x21c)).as("ramdisk_size").isZero();
        assertThat(ram.getLong(params + 0x258)).as("pref_address").isEqualTo(0x100_0000);
        assertThat(ram.getLong(params + 0x70)).as("acpi_rsdp_addr").isEqualTo(0xf_0010);
        long commandLine = ram.getInt(params + 0x228);
        assertThat(commandLine).isLessThan(0xa_0000);
        assertThat(Images.stringAt(ram, commandLine)).isEqualTo("console=ttyS0");
    }

    @Test
    void onlyTheHeaderThatTheJumpSpansIsCopied() {
        image.jump = 0x40;
        EntryState entry = load(BootParameters.of(""));
        assertThat(ram.getInt(entry.rsi() + 0x238)).isEqualTo(2047);
        assertThat(ram.getLong(entry.rsi() + 0x258)).as("past 0x202 + 0x40").isZero();
    }

    @Test
    void e820HasTheMemoryMap() {
        long params = load(BootParameters.of("")).rsi();
        long[][] regions = {{0, 0x9fc00, 1}, {0x9fc00, 0x400, 2}, {0xf0000, 0x10000, 2}, {0x10_0000, 31 * Images.MIB, 1}};
        assertThat(ram.getByte(params + 0x1e8)).isEqualTo(4);
        for (int i = 0; i < regions.length; i++) {
            assertThat(ram.getLong(params + 0x2d0 + 20 * i)).isEqualTo(regions[i][0]);
            assertThat(ram.getLong(params + 0x2d0 + 20 * i + 8)).isEqualTo(regions[i][1]);
            assertThat(ram.getInt(params + 0x2d0 + 20 * i + 16)).isEqualTo((int) regions[i][2]);
        }
        assertThat(ram.getInt(params + 0x1e0)).as("alt_mem_k").isEqualTo(31 * 1024);
        assertThat(ram.getShort(params + 0x002)).as("ext_mem_k").isEqualTo(31 * 1024);
    }

    @Test
    void theInitrdLiesInTheHighestPagesOfRam() {
        BootModule initrd = Images.module("initrd", 10_000, "");
        long params = load(BootParameters.of("", initrd)).rsi();
        assertThat(ram.getInt(params + 0x218)).isEqualTo(0x200_0000 - 0x3000);
        assertThat(ram.getInt(params + 0x21c)).isEqualTo(10_000);
        assertThat(ram.read(0x200_0000 - 0x3000, 10_000)).isEqualTo(
                initrd.file().segment().toArray(ValueLayout.JAVA_BYTE));
    }

    @Test
    void theInitrdStaysBelowTheHighestAddressThatTheKernelAllows() {
        image.initrdAddressMax = 0x17f_ffff;
        long params = load(BootParameters.of("", Images.module("initrd", 4096, ""))).rsi();
        assertThat(ram.getInt(params + 0x218)).isEqualTo(0x180_0000 - 0x1000);
    }

    @Test
    void theInitrdStaysOutOfTheMemoryThatTheKernelFillsAtFirst() {
        image.initSize = 0x100_0000;
        long params = load(BootParameters.of("", Images.module("initrd", 4096, ""))).rsi();
        assertThat(ram.getInt(params + 0x218)).as("right below the kernel").isEqualTo(0x100_0000 - 0x1000);
    }

    @Test
    void aKernelWithoutA64BitEntryIsEnteredIn32BitMode() {
        image.xloadFlags = 0;
        EntryState entry = load(BootParameters.of(""));
        assertThat(entry.mode()).isEqualTo(EntryState.Mode.PROTECTED);
        assertThat(entry.rip()).isEqualTo(0x100_0000);
        assertThat(entry.rbx()).isZero();
        assertThat(ram.getLong(entry.gdtBase() + 0x10)).isEqualTo(0x00cf_9b00_0000_ffffL);
        assertThat(ram.getInt(entry.rsi() + 0x202)).isEqualTo(0x5372_6448);
        assertThat(Images.parse(image.build()).protocol()).isEqualTo("Linux 32-bit boot protocol 2.15");
    }

    @Test
    void theXloadflagsOfAnOlderProtocolDoNotCount() {
        image.version = 0x20b;
        assertThat(load(BootParameters.of("")).mode()).isEqualTo(EntryState.Mode.PROTECTED);
    }

    @Test
    void aKernelThatCannotBeRelocatedIsLoadedAt1Mib() {
        image.relocatable = 0;
        image.alignment = 0;
        EntryState entry = load(BootParameters.of("", Images.module("initrd", 4096, "")));
        assertThat(entry.rip()).isEqualTo(0x10_0200);
        assertThat(ram.getInt(entry.rsi() + 0x214)).isEqualTo(0x10_0000);
        assertThat(ram.read(0x10_0000, Images.BzImage.CODE_SIZE)).containsOnly(Images.CODE_BYTE);
    }

    @Test
    void aPreferredAddressThatIsNotAlignedIsRoundedUp() {
        image.prefAddress = 0x100_1000;
        assertThat(load(BootParameters.of("")).rip()).isEqualTo(0x120_0200);
    }

    @Test
    void protocol201FindsItsCommandLineByMagicAndOffset() {
        image.version = 0x201;
        EntryState entry = load(BootParameters.of("root=/dev/hda1"));
        assertThat(ram.getShort(entry.rsi() + 0x20)).isEqualTo(0xa33f);
        assertThat(Images.stringAt(ram, entry.rsi() + ram.getShort(entry.rsi() + 0x22))).isEqualTo("root=/dev/hda1");
        assertThat(ram.getInt(entry.rsi() + 0x228)).isZero();
        assertThat(entry.rip()).isEqualTo(0x10_0000);
    }

    @Test
    void theLongestCommandLineFits() {
        String text = "x".repeat(2047);
        EntryState entry = load(BootParameters.of(text));
        assertThat(Images.stringAt(ram, ram.getInt(entry.rsi() + 0x228))).isEqualTo(text);
    }
}
