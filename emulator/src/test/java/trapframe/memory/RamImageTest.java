package trapframe.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class RamImageTest {
    private static final int BYTES = 8 << 20;

    @Property(tries = 50)
    void everyImageComesBackAndSoDoesItsHash(@ForAll long seed, @ForAll @IntRange(min = 1, max = 12) int images) {
        Random random = new Random(seed);
        try (GuestMemory ram = new GuestMemory(BYTES)) {
            List<RamImage> taken = new ArrayList<>();
            List<byte[]> contents = new ArrayList<>();
            for (int i = 0; i < images; i++) {
                writeSomewhere(ram, random);
                taken.add(ram.image(writable -> { }));
                contents.add(ram.read(0, BYTES));
            }
            for (int round = 0; round < 2 * images; round++) {
                int chosen = random.nextInt(images);
                if (random.nextBoolean()) {
                    writeSomewhere(ram, random);
                }
                ram.restore(taken.get(chosen));
                assertThat(Arrays.equals(ram.read(0, BYTES), contents.get(chosen))).isTrue();
                assertThat(ram.hash(writable -> { })).isEqualTo(hashOf(contents.get(chosen)));
            }
        }
    }

    /** Some of it zeros, some of it over the ends of pages, some of it what is there already. */
    private static void writeSomewhere(GuestMemory ram, Random random) {
        for (int i = random.nextInt(20); i > 0; i--) {
            byte[] bytes = new byte[1 + random.nextInt(9000)];
            if (random.nextInt(3) > 0) {
                random.nextBytes(bytes);
            }
            ram.write(random.nextInt(BYTES - bytes.length), bytes);
        }
    }

    private static byte[] hashOf(byte[] content) {
        try (GuestMemory fresh = new GuestMemory(BYTES)) {
            fresh.write(0, content);
            return fresh.hash(writable -> { });
        }
    }

    @Test
    void aPageThatCanBeWrittenWithoutAWordIsLookedAtAgain() {
        try (GuestMemory ram = new GuestMemory(BYTES)) {
            ram.willBeWritten(5);
            RamImage before = ram.image(writable -> writable.accept(5));
            byte[] hash = ram.hash(writable -> writable.accept(5));
            ram.segment().set(ValueLayout.JAVA_BYTE, 5 * GuestMemory.PAGE_SIZE, (byte) 1);

            assertThat(ram.image(writable -> { }).page(5)).startsWith(1);
            assertThat(ram.hash(writable -> { })).isNotEqualTo(hash);
            ram.restore(before);
            assertThat(ram.getByte(5 * GuestMemory.PAGE_SIZE)).isZero();
        }
    }

    @Test
    void pagesThatWereNotWrittenAreShared() {
        try (GuestMemory ram = new GuestMemory(BYTES)) {
            ram.fill(0, BYTES, 7);
            RamImage first = ram.image(writable -> { });
            ram.putByte(3 * GuestMemory.PAGE_SIZE, 8);
            RamImage second = ram.image(writable -> { });
            TreeSet<Integer> different = new TreeSet<>();
            first.forEachDifference(second, different::add);

            assertThat(different).containsExactly(3);
            assertThat(second.page(4)).isSameAs(first.page(4));
        }
    }

    @Test
    void anImageOfAnotherSizeIsRefused() {
        try (GuestMemory ram = new GuestMemory(BYTES); GuestMemory larger = new GuestMemory(2 * BYTES)) {
            assertThatThrownBy(() -> ram.restore(larger.image(writable -> { }))).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
