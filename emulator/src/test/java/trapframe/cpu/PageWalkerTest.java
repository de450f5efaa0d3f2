package trapframe.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.junit.jupiter.api.Test;
import trapframe.unicorn.EngineCallbacks.Access;
import trapframe.cpu.PageWalker.Result;
import trapframe.cpu.ReferenceWalker.Outcome;
import trapframe.memory.GuestMemory;
import trapframe.unicorn.CpuState;
import trapframe.unicorn.Engine;
import trapframe.unicorn.EngineCallbacks;

/** {@link PageWalker} against {@link ReferenceWalker}, over random tables of every paging mode, and by hand where it matters most. */
class PageWalkerTest {
    private static final int RAM_BYTES = 1 << 20;
    private static final int WALKS = 100;
    private static final long CR0_PG = 1L << 31;
    private static final long CR0_WP = 1 << 16;
    private static final long CR4_PSE = 1 << 4;
    private static final long CR4_PAE = 1 << 5;
    private static final long CR4_SMEP = 1 << 20;
    private static final long CR4_SMAP = 1 << 21;
    private static final long EFER_NXE = 1 << 11;
    private static final long PAGE_SIZE = 1 << 7;

    /** The paging modes of SDM 4.1.1, with entry width and the lowest bit of the index of each level. */
    private enum Mode {
        LEGACY(4, 22, 12),
        PAE(8, 30, 21, 12),
        LONG(8, 39, 30, 21, 12);

        private final int width;
        private final int[] shifts;

        Mode(int width, int... shifts) {
            this.width = width;
            this.shifts = shifts;
        }
    }

    @Property(tries = 40, shrinking = ShrinkingMode.OFF)
    void everyWalkEndsAsTheManualSaysAndSetsTheSameFlags(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        try (Engine engine = engine(); GuestMemory ram = new GuestMemory(RAM_BYTES)) {
            PageWalker walker = new PageWalker(ram, engine.state());
            for (int i = 0; i < WALKS; i++) {
                Mode mode = Mode.values()[random.nextInt(3)];
                configure(engine.state(), mode, random);
                long linear = linear(mode, random);
                writeTables(ram, mode, linear, random);
                compare(walker, ram, engine.state(), linear, random);
            }
        }
    }

    @Property(tries = 20, shrinking = ShrinkingMode.OFF)
    void aLookChangesNothingAndFindsWhatAWalkFinds(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        try (Engine engine = engine(); GuestMemory ram = new GuestMemory(RAM_BYTES)) {
            PageWalker walker = new PageWalker(ram, engine.state());
            for (int i = 0; i < WALKS; i++) {
                Mode mode = Mode.values()[random.nextInt(3)];
                configure(engine.state(), mode, random);
                long linear = linear(mode, random);
                writeTables(ram, mode, linear, random);
                byte[] before = ram.read(0, RAM_BYTES);
                Result looked = walker.look(linear);
                long found = walker.physical();
                assertThat(ram.read(0, RAM_BYTES)).isEqualTo(before);
                if (walker.walk(linear, Access.READ, false, false) == Result.MAPPED) {
                    assertThat(looked).isEqualTo(Result.MAPPED);
                    assertThat(found).isEqualTo(walker.physical());
                }
            }
        }
    }

    @Test
    void errorCodesTellTheCauseOfTheFault() {
        try (Engine engine = engine(); GuestMemory ram = new GuestMemory(RAM_BYTES)) {
            CpuState state = engine.state();
            PageWalker walker = new PageWalker(ram, state);
            set(state, Mode.LONG, CR0_WP, 0, EFER_NXE, 0);
            long linear = 0x0000_1234_5678_9abcL;
            long[] at = path(linear);
            for (int i = 0; i < 3; i++) {
                ram.putLong(at[i], 0x1000 * (i + 2) | 7);
            }

            assertThat(error(walker, linear, Access.READ, false)).isEqualTo(0);
            assertThat(error(walker, linear, Access.WRITE, true)).isEqualTo(6);
            assertThat(error(walker, linear, Access.FETCH, true)).isEqualTo(0x14);
            ram.putLong(at[3], 0x9000 | 1);
            assertThat(error(walker, linear, Access.READ, true)).isEqualTo(5);
            assertThat(error(walker, linear, Access.WRITE, false)).isEqualTo(3);
            ram.putLong(at[3], 0x9000 | 5 | 1L << 63);
            assertThat(error(walker, linear, Access.WRITE, true)).isEqualTo(7);
            assertThat(error(walker, linear, Access.FETCH, true)).isEqualTo(0x15);
            ram.putLong(at[3], 0x9000 | 7 | 1L << 45);
            assertThat(error(walker, linear, Access.READ, false)).isEqualTo(9);
            set(state, Mode.LONG, CR0_WP, CR4_SMEP | CR4_SMAP, 0, 0);
            ram.putLong(at[3], 0x9000 | 7);
            assertThat(error(walker, linear, Access.READ, false)).isEqualTo(1);
            assertThat(error(walker, linear, Access.FETCH, false)).isEqualTo(0x11);
            assertThat(ram.getLong(at[3])).as("no access was allowed yet").isEqualTo(0x9007);
            set(state, Mode.LONG, CR0_WP, CR4_SMEP | CR4_SMAP, 0, CpuState.AC);
            assertThat(error(walker, linear, Access.READ, false)).isEqualTo(-1);
            assertThat(ram.getLong(at[3])).isEqualTo(0x9027);
            assertThat(walker.walkImplicit(linear, Access.READ)).isEqualTo(Result.PAGE_FAULT);
            assertThat(error(walker, linear, Access.WRITE, true)).isEqualTo(-1);
            assertThat(ram.getLong(at[3])).isEqualTo(0x9067);
            assertThat(walker.physical()).isEqualTo(0x9abc);
        }
    }

    @Test
    void addressesThatAreNotCanonicalAreNoPageFault() {
        try (Engine engine = engine(); GuestMemory ram = new GuestMemory(RAM_BYTES)) {
            PageWalker walker = new PageWalker(ram, engine.state());
            set(engine.state(), Mode.LONG, 0, 0, 0, 0);

            assertThat(walker.walk(0x0000_8000_0000_0000L, Access.READ, false, false)).isEqualTo(Result.NOT_CANONICAL);
            assertThat(walker.walk(0xffff_7fff_ffff_ffffL, Access.READ, false, false)).isEqualTo(Result.NOT_CANONICAL);
            assertThat(walker.walk(0xffff_8000_0000_0000L, Access.READ, false, false)).isEqualTo(Result.PAGE_FAULT);
        }
    }

    private static int error(PageWalker walker, long linear, Access access, boolean user) {
        return walker.walk(linear, access, user, false) == Result.MAPPED ? -1 : walker.errorCode();
    }

    private static void compare(PageWalker walker, GuestMemory ram, CpuState state, long linear, SplittableRandom random) {
        boolean user = random.nextBoolean();
        boolean implicit = !user && random.nextInt(4) == 0;
        Map<Access, Boolean> allowed = new EnumMap<>(Access.class);
        for (Access access : Access.values()) {
            ReferenceWalker peer = reference(ram, state);
            allowed.put(access, peer.walk(linear, access == Access.WRITE, access == Access.FETCH, user, implicit).errorCode() == -1);
        }
        Access access = Access.values()[random.nextInt(3)];
        ReferenceWalker reference = reference(ram, state);
        Outcome expected = reference.walk(linear, access == Access.WRITE, access == Access.FETCH, user, implicit);
        String what = String.format(Locale.ROOT, "%s%s%s of %x, cr0 %x cr3 %x cr4 %x efer %x long %s ac %s", access, user ? " by user" : "",
                implicit ? " implicit" : "", linear, state.control(0), state.control(3), state.control(4), state.efer(),
                state.isLongMode(), reference.ac());

        Result result = walker.walk(linear, access, user, implicit);

        switch (result) {
            case MAPPED -> {
                assertThat(expected.errorCode()).as(what).isEqualTo(-1);
                assertThat(walker.physical()).as(what).isEqualTo(expected.physical());
                assertThat(walker.readable()).as(what).isEqualTo(allowed.get(Access.READ));
                assertThat(walker.executable()).as(what).isEqualTo(allowed.get(Access.FETCH));
            }
            case PAGE_FAULT -> assertThat(walker.errorCode()).as(what).isEqualTo(expected.errorCode());
            case NOT_CANONICAL -> assertThat(expected).as(what).isEqualTo(Outcome.NOT_CANONICAL);
        }
        assertThat(ram.read(0, RAM_BYTES)).as("the flags after " + what).isEqualTo(reference.memory());
    }

    private static ReferenceWalker reference(GuestMemory ram, CpuState state) {
        return new ReferenceWalker(ram.read(0, RAM_BYTES), state.control(0), state.control(3), state.control(4), state.efer(),
                state.isLongMode(), (state.eflags() & CpuState.AC) != 0);
    }

    private static void configure(CpuState state, Mode mode, SplittableRandom random) {
        set(state, mode, random.nextBoolean() ? CR0_WP : 0,
                random.nextLong() & (CR4_SMEP | CR4_SMAP | (mode == Mode.LEGACY ? CR4_PSE : 0)),
                random.nextInt(4) > 0 ? EFER_NXE : 0, random.nextBoolean() ? CpuState.AC : 0);
        if (random.nextInt(40) == 0) {
            state.setControl(0, 1);
        }
    }

    private static void set(CpuState state, Mode mode, long cr0, long cr4, long efer, int eflags) {
        state.setControl(0, CR0_PG | 1 | cr0);
        state.setControl(3, 0x1000);
        state.setControl(4, cr4 | (mode == Mode.LEGACY ? 0 : CR4_PAE));
        state.setEfer(efer);
        state.setHflags(mode == Mode.LONG ? state.hflags() | CpuState.HFLAGS_LMA : state.hflags() & ~CpuState.HFLAGS_LMA);
        state.setEflags(eflags | 2);
    }

    private static long linear(Mode mode, SplittableRandom random) {
        long linear = random.nextLong();
        if (mode != Mode.LONG) {
            return linear & 0xffff_ffffL;
        }
        return random.nextInt(20) == 0 ? linear : linear << 16 >> 16;
    }

    /** Fills the entries on the way of one address, each level with a table of its own. */
    private static void writeTables(GuestMemory ram, Mode mode, long linear, SplittableRandom random) {
        for (int i = 0; i < mode.shifts.length; i++) {
            int indexBits = i == 0 && mode == Mode.PAE ? 2 : mode.width == 8 ? 9 : 10;
            long index = linear >>> mode.shifts[i] & (1L << indexBits) - 1;
            long entry = 0x1000L * (i + 2) | random.nextInt(0x80) & 0xfe | (random.nextInt(12) > 0 ? 1 : 0);
            if (random.nextInt(3) > 0) {
                entry |= 6;
            }
            if (random.nextInt(4) == 0) {
                entry |= PAGE_SIZE;
            }
            if (random.nextInt(4) == 0) {
                // A page with an address of its own size, or a reserved bit.
                entry = entry & 0xfff | random.nextLong() & ReferenceWalker.bits(39, mode.shifts[i]);
            }
            if (random.nextInt(10) == 0) {
                entry |= 1L << 12 + random.nextInt(52);
            }
            if (i == 0 && mode == Mode.PAE && random.nextInt(8) > 0) {
                entry &= ~0x1e6L;
            }
            if (mode.width == 8) {
                ram.putLong(0x1000 * (i + 1) + 8 * index, entry | (random.nextInt(6) == 0 ? 1L << 63 : 0));
            } else {
                ram.putInt(0x1000 * (i + 1) + 4 * index, (int) entry);
            }
        }
    }

    private static long[] path(long linear) {
        long[] at = new long[4];
        for (int i = 0; i < 4; i++) {
            at[i] = 0x1000 * (i + 1) + (linear >>> 39 - 9 * i & 0x1ff) * 8;
        }
        return at;
    }

    /** Only the registers of the engine are used. */
    private static Engine engine() {
        return new Engine((EngineCallbacks) Proxy.newProxyInstance(PageWalkerTest.class.getClassLoader(),
                new Class<?>[] {EngineCallbacks.class}, (proxy, method, arguments) -> {
                    throw new AssertionError("the engine runs: " + method.getName());
                }));
    }
}
