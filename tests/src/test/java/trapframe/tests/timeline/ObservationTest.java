package trapframe.tests.timeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import trapframe.cpu.Observation;
import trapframe.cpu.Watch;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.unicorn.CpuState;

/** Stops that an observer asks for are exact, and nothing in the machine can tell. */
class ObservationTest {
    private static final long START = 2 * Machine.MARK;
    private static final long END = START + 300_000;

    /** A moment of a run, as single steps show it. */
    private record Moment(long position, int deliveries, int cpu, long rip) { }

    private static Machine open(int cpus) {
        return SproutMachine.open(SproutMachine.SMALL.withCpus(cpus), SproutMachine.KTHREAD);
    }

    /** The moments between {@link #START} and {@link #END}, by single steps that stop at deliveries too. */
    private static List<Moment> moments(int cpus, Consumer<Machine> atEach) {
        List<Moment> moments = new ArrayList<>();
        try (Machine machine = open(cpus)) {
            machine.run(new RunLimits(START));
            machine.observe(new Observation(new long[0], List.of(), true));
            while (machine.clock().position() < END) {
                long rip = machine.cpuOnTurn().state().linearRip();
                moments.add(new Moment(machine.clock().position(), machine.deliveriesHere(), machine.cpuOnTurn().number(), rip));
                atEach.accept(machine);
                machine.run(new RunLimits(machine.clock().position() + 1));
            }
        }
        return moments;
    }

    private static String undisturbed(int cpus) {
        try (Machine machine = open(cpus)) {
            machine.run(SproutMachine.LIMIT);
            return machine.stateHash();
        }
    }

    /** Others come and go meanwhile, in the middle of instructions, which are never next. */
    @Test
    void breakpointsStopWhereverTheirInstructionsAreNextAndNowhereElse() {
        breakpoints(1);
    }

    @Test
    void breakpointsStopWhicheverProcessorGetsThere() {
        breakpoints(3);
    }

    private static void breakpoints(int cpus) {
        List<Moment> moments = moments(cpus, machine -> { });
        Random random = new Random(7);
        TreeSet<Long> chosen = new TreeSet<>();
        while (chosen.size() < 40) {
            chosen.add(moments.get(random.nextInt(moments.size())).rip);
        }
        long[] code = chosen.stream().mapToLong(Long::longValue).toArray();
        Set<Long> executed = moments.stream().map(Moment::rip).collect(Collectors.toSet());
        List<Moment> expected = moments.stream().filter(moment -> chosen.contains(moment.rip)).toList();

        try (Machine machine = open(cpus)) {
            machine.run(new RunLimits(START));
            machine.observe(new Observation(code, List.of(), false));
            List<Moment> hits = new ArrayList<>();
            while (machine.run(new RunLimits(END)) instanceof StopReason.Breakpoint(int cpu, long address)) {
                hits.add(new Moment(machine.clock().position(), machine.deliveriesHere(), cpu, address));
                machine.pass();
                if (hits.size() % 10 == 0) {
                    machine.observe(new Observation(LongStream.concat(Arrays.stream(code), Arrays.stream(code)
                            .map(chosenOne -> chosenOne + 1 + random.nextInt(2)).filter(other -> !executed.contains(other)).limit(30)).toArray(),
                            List.of(), false));
                }
            }
            assertThat(expected).hasSizeGreaterThan(100);
            assertThat(hits.equals(expected)).as(() -> firstDifference(hits, expected)).isTrue();
            machine.observe(Observation.NONE);
            machine.run(SproutMachine.LIMIT);
            assertThat(machine.stateHash()).isEqualTo(undisturbed(cpus));
        }
    }

    private static String firstDifference(List<Moment> hits, List<Moment> expected) {
        int at = 0;
        while (at < Math.min(hits.size(), expected.size()) && hits.get(at).equals(expected.get(at))) {
            at++;
        }
        return "hit " + at + " of " + hits.size() + ", " + expected.size() + " expected: " + hits.subList(at, Math.min(hits.size(), at + 2))
                + " for " + expected.subList(at, Math.min(expected.size(), at + 2));
    }

    /** A word that is written often: the run stops behind each write, at least wherever single steps see that it has changed. */
    @Test
    void watchpointsStopBehindEachWrite() {
        List<Moment> changes = new ArrayList<>();
        int[] before = {-1};
        long[] watched = new long[1];
        List<Moment> moments = moments(1, machine -> {
            if (watched[0] == 0) {
                watched[0] = stackInUse(machine);
            }
            int now = machine.ram().getInt(watched[0]);
            if (now != before[0] && before[0] != -1) {
                changes.add(new Moment(machine.clock().position(), machine.deliveriesHere(), 0, machine.cpuOnTurn().state().linearRip()));
            }
            before[0] = now;
        });
        try (Machine machine = open(1)) {
            machine.run(new RunLimits(START));
            machine.observe(new Observation(new long[0], List.of(new Watch(watched[0], 4, Watch.Kind.WRITE)), false));
            List<Moment> hits = new ArrayList<>();
            while (machine.run(new RunLimits(END)) instanceof StopReason.Watchpoint stop) {
                assertThat(stop.hit().write()).isTrue();
                assertThat(stop.hit().address()).isBetween(watched[0] - 7, watched[0] + 3);
                hits.add(new Moment(machine.clock().position(), machine.deliveriesHere(), 0, machine.cpuOnTurn().state().linearRip()));
            }
            assertThat(changes).hasSizeGreaterThan(10);
            assertThat(new HashSet<>(hits).containsAll(changes)).as("each change is a hit").isTrue();
            assertThat(new HashSet<>(moments).containsAll(hits)).as("each hit is a moment").isTrue();
            machine.observe(Observation.NONE);
            machine.run(SproutMachine.LIMIT);
            assertThat(machine.stateHash()).isEqualTo(undisturbed(1));
        }
    }

    /** Physical 0x200000 at two linear addresses, a repeated store over it, and one that reaches into it from the page before. */
    private static final String ALIASES = """
              mov edi, 0x300000
              mov dword ptr [edi], 0x83
              mov dword ptr [edi + 4], 0x83
              mov eax, cr4
              or eax, 0x10
              mov cr4, eax
              mov cr3, edi
              mov eax, cr0
              or eax, 0x80000000
              mov cr0, eax
              xor ebx, ebx
            again:
              inc ebx
            direct:
              mov [0x200000], ebx
            alias:
              mov [0x600000], ebx
            across:
              mov [0x5ffffe], ebx
            read:
              mov edx, [0x600002]
              mov dword ptr [0x200004], 1
              mov edi, 0x5ffff4
              mov ecx, 5
              cld
            repeated:
              rep stosd
              jmp again
            """;

    /** The engine makes two aligned loads of one that is not. */
    @Test
    void aWatchIsOfRamWhateverItsLinearAddress() {
        Watch write = new Watch(0x20_0000, 4, Watch.Kind.WRITE);
        Watch read = new Watch(0x20_0000, 4, Watch.Kind.READ);
        try (Machine machine = GuestCode.open(ALIASES)) {
            machine.observe(new Observation(new long[0], List.of(write, read), false));
            List<String> hits = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                assertThat(machine.run(new RunLimits(1_000_000))).isInstanceOfSatisfying(StopReason.Watchpoint.class, stop ->
                        hits.add(stop.hit().watch() + " " + Long.toHexString(stop.hit().address()) + " " + stop.hit().write()));
            }
            List<String> round = hits.subList(0, 5);
            assertThat(hits.subList(5, 10)).isEqualTo(round);
            assertThat(round).containsExactly(write + " 200000 true", write + " 200000 true", write + " 200000 true", read + " 200000 false",
                    write + " 200000 true");
            machine.observe(Observation.NONE);
            machine.run(new RunLimits(1_000_000));
            String hash = machine.stateHash();
            try (Machine undisturbed = GuestCode.open(ALIASES)) {
                undisturbed.run(new RunLimits(1_000_000));
                assertThat(hash).isEqualTo(undisturbed.stateHash());
            }
        }
    }

    /** The physical address of the word that the stack pointer points to. */
    private static long stackInUse(Machine machine) {
        long linear = machine.cpus().getFirst().state().register(4);
        return machine.cpus().getFirst().physical(linear).orElseThrow();
    }

    @Test
    void aRunThatStopsAtEveryDeliveryIsTheSameRun() {
        try (Machine machine = open(1)) {
            machine.observe(new Observation(new long[0], List.of(), true));
            int deliveries = 0;
            while (machine.run(SproutMachine.LIMIT) instanceof StopReason.Delivered) {
                deliveries++;
            }
            assertThat(deliveries).isGreaterThan(100);
            assertThat(machine.stateHash()).isEqualTo(undisturbed(1));
        }
    }

    /** Where an interrupt is over, as single steps show it, and how low its stack pointer was. */
    private record Return(long position, long lowest) { }

    private static Return stepBack(Machine machine) {
        CpuState state = machine.cpus().getFirst().state();
        long rip = state.linearRip();
        long pointer = state.register(CpuState.RSP);
        machine.observe(new Observation(new long[0], List.of(), true));
        machine.run(SproutMachine.LIMIT);
        machine.observe(Observation.NONE);
        long lowest = pointer;
        do {
            long now = state.register(CpuState.RSP);
            lowest = now < pointer && pointer - now < 16 << 10 ? Math.min(lowest, now) : lowest;
            machine.run(new RunLimits(machine.clock().position() + 1));
        } while (state.linearRip() != rip || state.register(CpuState.RSP) != pointer);
        return new Return(machine.clock().position(), lowest);
    }

    /** What is interrupted here comes back after other tasks had their turns. */
    @Test
    void aRunStopsWhereAnInterruptIsOver() {
        try (Machine machine = open(1); Machine stepped = open(1)) {
            for (long position : new long[] {197_000_000, 201_234_567, 210_000_000}) {
                machine.run(new RunLimits(position));
                while (!machine.cpus().getFirst().acceptsInterrupts()) {
                    machine.run(new RunLimits(machine.clock().position() + 1));
                }
                stepped.run(new RunLimits(machine.clock().position()));
                machine.stallToInterrupt(1_000_000_000);
                stepped.stallToInterrupt(1_000_000_000);
                long frame = machine.cpus().getFirst().state().register(CpuState.RSP);
                machine.awaitReturn(0);

                assertThat(machine.run(SproutMachine.LIMIT)).isEqualTo(new StopReason.Returned(0));

                Return expected = stepBack(stepped);
                assertThat(machine.clock().position()).isEqualTo(expected.position());
                assertThat(machine.cpus().getFirst().stackUse().frame()).isBetween(frame - 64, frame - 40);
                assertThat(machine.cpus().getFirst().stackUse().lowest()).as("at the starts of blocks").isBetween(expected.lowest(), expected.lowest() + 128);
                assertThat(machine.stateHash()).isEqualTo(stepped.stateHash());
            }
        }
    }

    @Test
    void aRunThatWaitsForReturnsIsTheSameRun() {
        try (Machine machine = open(1)) {
            int returns = 0;
            StopReason reason = new StopReason.PositionLimit();
            while (!(reason instanceof StopReason.GuestExit)) {
                machine.awaitReturn(0);
                reason = machine.run(new RunLimits(machine.clock().position() + 100_000));
                returns += reason instanceof StopReason.Returned ? 1 : 0;
            }
            assertThat(returns).isGreaterThan(20);
            assertThat(machine.stateHash()).isEqualTo(undisturbed(1));
        }
    }
}
