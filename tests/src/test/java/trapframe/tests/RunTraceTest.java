package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import trapframe.diagnose.trace.RunTrace;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.SymbolsException;
import trapframe.symbols.tasks.KernelDescription;
import trapframe.symbols.tasks.Task;
import trapframe.symbols.tasks.TaskReader;

/** What a run looks like in a viewer, and that it is the run that nobody looked at. */
class RunTraceTest {
    private static final RunLimits LIMIT = new RunLimits(4_000_000_000L);

    private record Traced(SproutBoot.Run run, String file) { }

    private static Traced trace(SproutBoot boot, Set<RunTrace.Part> parts) {
        StringWriter file = new StringWriter();
        KernelSymbols symbols = KernelSymbols.open(boot.image());
        TaskReader reader = new TaskReader(KernelDescription.shippedFor(symbols).orElseThrow(), symbols);
        SproutBoot.Run run = boot.run((machine, keyboard, console) -> {
            try (RunTrace trace = new RunTrace(machine, file, parts, Optional.of(symbols), cpu -> taskOn(machine, cpu.number(), reader))) {
                StopReason reason = machine.run(LIMIT);
                assertThat(trace.events()).isPositive();
                return reason;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        return new Traced(run, file.toString());
    }

    private static Optional<String> taskOn(Machine machine, int cpu, TaskReader reader) {
        try {
            return reader.read(machine.cpus().get(cpu)::look, machine.cpus().size()).stream()
                    .filter(task -> task.cpu().isPresent() && task.cpu().getAsInt() == cpu).findFirst().map(Task::toString);
        } catch (SymbolsException e) {
            return Optional.empty();
        }
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> events(String file) throws IOException {
        return (List<Map<String, Object>>) (List<?>) (List<Object>) JSON.std.mapFrom(file).get("traceEvents");
    }

    /** Checks what the format asks for, and returns the names of all events. */
    private static Set<String> check(List<Map<String, Object>> events) {
        Set<String> names = new TreeSet<>();
        Map<String, Deque<String>> open = new HashMap<>();
        Map<String, Double> times = new HashMap<>();
        for (Map<String, Object> event : events) {
            String track = event.get("pid") + "/" + event.get("tid") + "/" + event.getOrDefault("id", "");
            if (event.get("name") != null) {
                names.add((String) event.get("name"));
            }
            if (event.get("ts") != null) {
                double time = ((Number) event.get("ts")).doubleValue();
                assertThat(time).isGreaterThanOrEqualTo(times.getOrDefault(track, 0.0));
                times.put(track, time);
            }
            Deque<String> slices = open.computeIfAbsent(track, _ -> new ArrayDeque<>());
            switch ((String) event.get("ph")) {
                case "B", "b" -> slices.push((String) event.get("name"));
                case "E" -> assertThat(slices.poll()).as("a slice of " + track + " that ends").isNotNull();
                case "e" -> assertThat(slices.poll()).isEqualTo(event.get("name"));
                case "i", "M" -> { }
                default -> throw new AssertionError(event);
            }
        }
        assertThat(open.values()).allMatch(Deque::isEmpty);
        return names;
    }

    @Test
    void aTraceHasTasksInterruptsCallsLocksAndDevicesInTheirOrder() throws IOException {
        SproutBoot boot = SproutBoot.of("test=kthread");

        Traced traced = trace(boot, EnumSet.allOf(RunTrace.Part.class));

        List<Map<String, Object>> events = events(traced.file);
        assertThat(check(events)).contains("interrupt 32", "HLT", "system call", "#PF", "software interrupt 64", "sched_lock", "log_lock",
                "on CPU 0", "write 0x3f8");
        assertThat(events.stream().filter(event -> "thread_name".equals(event.get("name"))).map(event -> event.get("args").toString()))
                .anyMatch(name -> name.contains("(counter)")).anyMatch(name -> name.contains("(main)")).anyMatch(name -> name.contains("COM1"));
        assertThat(traced.run).isEqualTo(boot.run());
        assertThat(trace(boot, EnumSet.allOf(RunTrace.Part.class)).file).isEqualTo(traced.file);
    }

    @Test
    void severalProcessorsHaveATrackEachAndWaitForLocks() throws IOException {
        SproutBoot boot = SproutBoot.of("test=kthread").withCpus(4);

        Traced traced = trace(boot, EnumSet.allOf(RunTrace.Part.class));

        List<Map<String, Object>> events = events(traced.file);
        assertThat(check(events)).contains("sched_lock (wait)", "on CPU 0", "on CPU 3");
        assertThat(traced.run).isEqualTo(boot.run());
    }

    @Test
    void whatIsNotWantedIsNotThere() throws IOException {
        Traced traced = trace(SproutBoot.of("test=boot-stages"), EnumSet.of(RunTrace.Part.DEVICES));

        assertThat(check(events(traced.file))).contains("interrupt 32", "write 0x3f8").doesNotContain("sched_lock", "on CPU 0");
    }
}
