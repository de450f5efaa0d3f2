package trapframe.explore;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FootprintTest {
    private static Footprint reads(long... cells) {
        return new Footprint(cells, new long[0]);
    }

    private static Footprint writes(long... cells) {
        return new Footprint(new long[0], cells);
    }

    @Test
    void twoThatReadTheSameDoNotConflict() {
        assertThat(reads(8, 16).conflictsWith(reads(16, 24))).isFalse();
    }

    @Test
    void whoWritesWhatTheOtherUsesConflictsWithIt() {
        assertThat(writes(16).conflictsWith(reads(8, 16))).isTrue();
        assertThat(reads(8, 16).conflictsWith(writes(16))).isTrue();
        assertThat(writes(8, 16).conflictsWith(writes(16, 24))).isTrue();
        assertThat(new Footprint(new long[] {8}, new long[] {16}).conflictsWith(new Footprint(new long[] {8}, new long[] {24}))).isFalse();
    }

    @Test
    void whatIsLeftOutDoesNotConflict() {
        assertThat(writes(8, 16).without(cell -> cell == 16).conflictsWith(reads(16))).isFalse();
        assertThat(writes(8, 16).without(cell -> cell == 16).conflictsWith(reads(8))).isTrue();
    }
}
