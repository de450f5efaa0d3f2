package trapframe.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

import trapframe.FieldChange;
import trapframe.cpu.EntryState;
import trapframe.memory.GuestMemory;

/** No bytes, however damaged, do anything but boot or be refused by one line. */
class BootFuzzTest {
    /** The least RAM that all of the valid images fit in; small, so that wild addresses are outside. */
    private static final long RAM = 0x160_0000;
    private static final long MAX_SEGMENT = 0x40_0000;

    /** A place in an image is given in parts of this, whatever the image's size. */
    private static final int PLACES = 1_000_000;

    private static final Map<String, byte[]> VALID = valid();

    private static Map<String, byte[]> valid() {
        Images.Elf pvh = new Images.Elf();
        pvh.segments = new long[][] {{0, 0x10_0000, 0x2000}, {0, 0x20_0000, 0x100}};
        Images.Elf multiboot32 = new Images.Elf();
        multiboot32.is64 = false;
        multiboot32.machine = 3;
        multiboot32.note = null;
        multiboot32.multiboot = new Images.MultibootFields();
        Images.BzImage relocatable = new Images.BzImage();
        Images.BzImage old = new Images.BzImage();
        old.version = 0x203;
        Images.Elf vmlinux = new Images.Elf();
        vmlinux.note = null;
        vmlinux.text = "Linux version 1";
        return Map.of("PVH", pvh.build(), "Multiboot ELF", multiboot32.build(),
                "Multiboot flat", Images.flat(Images.flatFields()), "Linux", relocatable.build(), "old Linux", old.build(),
                "vmlinux", vmlinux.build());
    }

    /** At any place, with a liking for headers. */
    private static void apply(FieldChange change, byte[] image) {
        double fraction = (double) change.place() / PLACES;
        change.apply(image, (int) (fraction * fraction * (image.length - 8)) & -change.width());
    }

    /** Anything, with a liking for border values. */
    @Provide
    Arbitrary<List<FieldChange>> mutations() {
        Arbitrary<Long> values = Arbitraries.oneOf(Arbitraries.longs(), Arbitraries.longs().between(0, 0x2000),
                Arbitraries.of(0L, 1L, -1L, Long.MAX_VALUE, Long.MIN_VALUE, 0xffff_ffffL,
                        0x8000_0000L, 0x10_0000L, 0xa_0000L, RAM, RAM - 1));
        return Combinators.combine(Arbitraries.integers().between(0, PLACES - 1), Arbitraries.of(1, 2, 4, 8), values)
                .as(FieldChange::new).list().ofMinSize(1).ofMaxSize(6);
    }

    @Provide
    Arbitrary<String> formats() {
        return Arbitraries.of(VALID.keySet().stream().sorted().toList());
    }

    @Provide
    Arbitrary<String> formatsThatTellTheirLength() {
        return Arbitraries.of("PVH", "Multiboot ELF", "Linux");
    }

    /** The image without its end: at least one byte remains, at least one is lost. */
    private static byte[] cut(byte[] image, int place) {
        return Arrays.copyOf(image, 1 + (int) ((long) place * (image.length - 1) / PLACES));
    }

    /** Boots it, or sees it refused; a kernel that was loaded is entered in RAM, and no write left RAM. */
    private static boolean boots(byte[] image) {
        try (GuestMemory ram = new GuestMemory(RAM)) {
            ram.onHostWrite((address, length) -> assertThat(ram.isRam(address, length) && length > 0)
                    .as("write of %d bytes at %x", length, address).isTrue());
            EntryState entry = Images.parse(image).load(ram, Images.firmware(ram), BootParameters.of("a b", Images.module("initrd", 100, "")));
            assertThat(ram.isRam(entry.rip(), 1)).as("entry %x", entry.rip()).isTrue();
            return true;
        } catch (BootException refused) {
            assertThat(refused.getMessage()).startsWith("images/kernel: ").doesNotContain("\n");
            return false;
        }
    }

    @Property(tries = 5)
    void theValidImagesBoot(@ForAll("formats") String format) {
        assertThat(boots(VALID.get(format))).isTrue();
    }

    @Property(tries = 1000)
    void mutatedImagesBootOrAreRefused(@ForAll("formats") String format, @ForAll("mutations") List<FieldChange> mutations) {
        byte[] image = VALID.get(format).clone();
        mutations.forEach(mutation -> apply(mutation, image));
        boots(image);
    }

    @Property(tries = 500)
    void mutatedAndTruncatedImagesBootOrAreRefused(@ForAll("formats") String format,
                                                   @ForAll("mutations") List<FieldChange> mutations,
                                                   @ForAll("places") int cut) {
        byte[] image = VALID.get(format).clone();
        mutations.forEach(mutation -> apply(mutation, image));
        boots(cut(image, cut));
    }

    @Property(tries = 500)
    void aTruncatedImageIsRefused(@ForAll("formatsThatTellTheirLength") String format, @ForAll("places") int cut) {
        byte[] image = VALID.get(format);
        // A bzImage tells its length in paragraphs of 16 bytes, and may end inside the last one.
        byte[] shortest = Arrays.copyOf(image, image.length - 15);
        assertThat(boots(cut(shortest, cut))).isFalse();
    }

    @Property(tries = 300)
    void randomBytesAreRefused(@ForAll byte[] bytes) {
        if (bytes.length > 0) {
            assertThat(boots(bytes)).isFalse();
        }
    }

    @Property(tries = 300)
    void randomBytesBehindAMagicBootOrAreRefused(@ForAll("formats") String format, @ForAll byte[] bytes) {
        byte[] image = VALID.get(format).clone();
        int at = switch (format) {
            case "PVH", "Multiboot ELF" -> 6;
            case "Multiboot flat" -> 0x4c;
            default -> 0x206;
        };
        System.arraycopy(bytes, 0, image, at, Math.min(bytes.length, image.length - at));
        boots(image);
    }

    /** What the loader writes for itself must not touch the kernel, wherever that is. */
    @Property(tries = 300)
    void structuresNeverOverlapSegments(@ForAll("pages") long page, @ForAll("sizes") long size) {
        Images.Elf elf = new Images.Elf();
        long start = page * GuestMemory.PAGE_SIZE;
        elf.segments = new long[][] {{0, start, size}};
        elf.note = Images.Elf.note("Xen\0", 18, Images.Elf.int32((int) start));
        try (GuestMemory ram = new GuestMemory(RAM)) {
            Images.parse(elf.build()).load(ram, Images.firmware(ram), BootParameters.of("x".repeat(3000), Images.module("m", 9000, "y")));
            byte[] expected = new byte[(int) size];
            Arrays.fill(expected, 0, Images.Elf.CODE_SIZE, (byte) Images.CODE_BYTE);
            assertThat(MemorySegment.mismatch(ram.segment(), start, start + size,
                    MemorySegment.ofArray(expected), 0, size)).isEqualTo(-1);
        } catch (BootException refused) {
            assertThat(refused.getMessage()).containsAnyOf("does not lie in the guest's RAM", "overlaps the firmware's tables");
        }
    }

    @Provide
    Arbitrary<Integer> places() {
        return Arbitraries.integers().between(0, PLACES - 1);
    }

    @Provide
    Arbitrary<Long> pages() {
        return Arbitraries.longs().between(0, RAM / GuestMemory.PAGE_SIZE);
    }

    @Provide
    Arbitrary<Long> sizes() {
        return Arbitraries.longs().between(Images.Elf.CODE_SIZE, MAX_SEGMENT);
    }
}
