package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.MemoryView;
import trapframe.symbols.Value;

/** The kernel's ring of events, as debuggers read it while the kernel runs: by its symbol, with its types. */
class SproutTraceTest {
    private static final KernelSymbols SYMBOLS = KernelSymbols.open(SproutBoot.IMAGE);
    private static final int RECORDS = 1024;
    private static final long SLICE = 2_000_000;
    /** When threads run. */
    private static final long BUSY = 225_000_000;
    private static final int STEPS = 50_000;
    private static final long FIRST_IRQ = 0x20;
    private static final long IRQS = 16;
    private static final long USER_LIMIT = 1L << 47;

    private enum Event { TRACE_CONTEXT_SWITCH, TRACE_CONTEXT_SAVE, TRACE_CONTEXT_RESTORE, TRACE_LOCK, TRACE_INTERRUPT, TRACE_SYSCALL, TRACE_IDLE }

    private record Entry(long sequence, Event event, long cpu, long first, long second) {
        static Entry of(Value record) {
            return new Entry(record.member("sequence").number(), Event.valueOf(record.member("event").constant().orElseThrow()),
                    record.member("cpu").number(), record.member("first").number(), record.member("second").number());
        }
    }

    @Test
    void tellsWhatHappenedInItsOrder() {
        Set<Event> seen = EnumSet.noneOf(Event.class);
        SproutBoot.of("run=\"ls; ls\"").run((machine, keyboard, console) -> {
            MemoryView memory = machine.cpus().getFirst()::look;
            StopReason reason;
            while ((reason = machine.run(new RunLimits(machine.clock().position() + SLICE))) instanceof StopReason.PositionLimit) {
                if (memory.read(SYMBOLS.address("TRACE").orElseThrow(), 1).length > 0) {
                    List<Entry> entries = entries(memory);
                    entries.forEach(entry -> seen.add(entry.event()));
                    check(entries, memory);
                }
            }
            return reason;
        });
        assertThat(seen).containsExactlyInAnyOrder(Event.values());
    }

    /** The last records, oldest first, without one that is being written. */
    private static List<Entry> entries(MemoryView memory) {
        Value trace = SYMBOLS.value("TRACE", memory).fetched();
        long next = trace.member("next").number();
        return LongStream.range(Math.max(0, next - RECORDS), next)
                .filter(i -> trace.member("records").at(i % RECORDS).member("sequence").number() == i + 1)
                .mapToObj(i -> Entry.of(trace.member("records").at(i % RECORDS))).toList();
    }

    private static void check(List<Entry> entries, MemoryView memory) {
        Entry lastSwitch = null;
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            assertThat(entry.sequence()).isEqualTo(entries.getFirst().sequence() + i);
            assertThat(entry.cpu()).isZero();
            switch (entry.event()) {
                case TRACE_CONTEXT_SWITCH -> {
                    if (lastSwitch != null) {
                        assertThat(entry.first()).isEqualTo(lastSwitch.second());
                    }
                    lastSwitch = entry;
                }
                case TRACE_CONTEXT_SAVE -> assertFollows(Event.TRACE_CONTEXT_SWITCH, entries, i);
                case TRACE_CONTEXT_RESTORE -> assertFollows(Event.TRACE_CONTEXT_SAVE, entries, i);
                case TRACE_LOCK -> {
                    Value lock = SYMBOLS.value("sched_lock", memory);
                    assertThat(entry.first() != lock.address() || entry.second() < lock.member("next").number()).isTrue();
                }
                case TRACE_INTERRUPT -> {
                    assertThat(entry.first()).isBetween(FIRST_IRQ, FIRST_IRQ + IRQS - 1);
                    assertThat(SYMBOLS.isCode(entry.second()) || isOfProgram(entry.second())).isTrue();
                }
                case TRACE_SYSCALL -> assertThat(isOfProgram(entry.second())).isTrue();
                case TRACE_IDLE -> assertThat(lastSwitch == null || lastSwitch.second() == 1).isTrue();
            }
        }
        if (lastSwitch != null && entries.stream().filter(entry -> entry.event() == Event.TRACE_CONTEXT_RESTORE).toList().getLast().sequence()
                > lastSwitch.sequence()) {
            assertThat(SYMBOLS.value("cpus[0].current->id", memory).number()).isEqualTo(lastSwitch.second());
        }
    }

    private static void assertFollows(Event before, List<Entry> entries, int i) {
        assertThat(i == 0 || entries.get(i - 1).event() == before).isTrue();
    }

    private static boolean isOfProgram(long address) {
        return address > 0 && address < USER_LIMIT;
    }

    /** Whoever looks between any two instructions finds a record either marked or as it stays. */
    @Test
    void aRecordWithANumberIsComplete() {
        SproutBoot.of("test=kthread").run((machine, keyboard, console) -> {
            machine.run(new RunLimits(BUSY));
            MemoryView memory = machine.cpus().getFirst()::look;
            Value trace = SYMBOLS.value("TRACE", memory);
            Value next = trace.member("next");
            Value records = trace.member("records");
            Entry complete = null;
            int checked = 0;
            long now = next.number();
            for (int i = 0; i < STEPS; i++) {
                machine.run(new RunLimits(machine.clock().position() + 1));
                if (next.number() != now) {
                    if (complete != null) {
                        assertThat(Entry.of(records.at((now - 1) % RECORDS))).isEqualTo(complete);
                        checked++;
                    }
                    complete = null;
                    now = next.number();
                }
                Value record = records.at((now - 1) % RECORDS);
                if (complete == null && record.member("sequence").number() == now) {
                    complete = Entry.of(record);
                }
            }
            assertThat(checked).isGreaterThan(100);
            return new StopReason.PositionLimit();
        });
    }

    @Test
    void gdbReadsItUnderQemu() throws Exception {
        assumeTrue(SproutSources.program("gdb") != null, "gdb is not installed");
        assumeTrue(Qemu.available(), "qemu-system-x86_64 is not installed");
        List<String> output = gdb("target remote | exec qemu-system-x86_64 -nodefaults -display none -serial null -accel tcg -m 128 -S -gdb stdio -kernel '"
                        + SproutBoot.IMAGE + "' -append 'halt test=kthread'", "hbreak halt_forever", "continue", "output/d TRACE.next", "echo \\n",
                "print TRACE.records[(TRACE.next - 1) % 1024]", "ptype TRACE", "kill").lines().toList();

        assertThat(output).containsSubsequence("type = struct trace {", "    _Atomic uint64_t next;", "    struct trace_record records[1024];", "}");
        Matcher last = Pattern.compile("(\\d+)\n\\$1 = \\{sequence = (\\d+), event = TRACE_LOCK, cpu = 0, first = \\d+, second = \\d+}")
                .matcher(String.join("\n", output));
        assertThat(last.find()).as(String.join("\n", output)).isTrue();
        assertThat(last.group(1)).isEqualTo(last.group(2));
        assertThat(Long.parseLong(last.group(1))).isGreaterThan(RECORDS);
    }

    private static String gdb(String... commands) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(SproutSources.program("gdb").toString(), "-nx", "-batch", "-ex", "set confirm off");
        for (String command : commands) {
            builder.command().add("-ex");
            builder.command().add(command);
        }
        builder.command().add(SproutBoot.IMAGE.toString());
        Process process = builder.redirectErrorStream(true).start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
}
