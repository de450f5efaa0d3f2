package trapframe.gdb;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import trapframe.cpu.Cpu;
import trapframe.cpu.CpuSnapshot;
import trapframe.symbols.Backtrace;
import trapframe.symbols.Frame;
import trapframe.symbols.FrameRegisters;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.SourceFrame;
import trapframe.symbols.SymbolsException;
import trapframe.symbols.tasks.Task;
import trapframe.symbols.tasks.TaskReader;
import trapframe.symbols.tasks.Wait;

/** The stacks of all CPUs, and of all tasks that are on none, with names and source lines. */
public final class Backtraces {
    private static final int MOST = 64;

    private final List<Cpu> cpus;
    private final Optional<KernelSymbols> symbols;
    private final Optional<TaskReader> reader;
    private final StringBuilder text = new StringBuilder();
    private List<Task> tasks = List.of();

    private Backtraces(List<Cpu> cpus, Optional<KernelSymbols> symbols, Optional<TaskReader> reader) {
        this.cpus = cpus;
        this.symbols = symbols;
        this.reader = reader;
    }

    /** @param cpu the one whose page tables lead to the tasks */
    public static String of(Cpu cpu, List<Cpu> cpus, Optional<KernelSymbols> symbols, Optional<TaskReader> tasks) {
        return new Backtraces(cpus, symbols, tasks).all(cpu);
    }

    private String all(Cpu view) {
        Optional<String> whyNoTasks = readTasks(view);
        for (Cpu cpu : cpus) {
            CpuSnapshot state = cpu.snapshot();
            text.append(String.format(Locale.ROOT, "CPU %d, %s, %s, interrupts %s%s%n", cpu.number(), state.activity(),
                    "ring " + (state.segments()[4] & 3), (state.rflags() & 1 << 9) != 0 ? "on" : "off", taskOn(cpu)));
            if (symbols.isEmpty()) {
                text.append("  #0  0x").append(Long.toHexString(cpu.state().linearRip())).append('\n');
            } else {
                append(symbols.get().unwinder(cpu::look).backtrace(FrameRegisters.of(state.rip(), state.registers()), MOST));
            }
        }
        tasks.stream().filter(task -> task.cpu().isEmpty()).forEach(task -> append(view, task));
        whyNoTasks.ifPresent(why -> text.append("no tasks (yet): ").append(why).append('\n'));
        return text.toString();
    }

    private Optional<String> readTasks(Cpu view) {
        try {
            tasks = reader.map(known -> known.read(view::look, cpus.size())).orElse(List.of());
            return Optional.empty();
        } catch (SymbolsException e) {
            return Optional.of(e.getMessage());
        }
    }

    private String taskOn(Cpu cpu) {
        return tasks.stream().filter(task -> task.cpu().isPresent() && task.cpu().getAsInt() == cpu.number()).findFirst()
                .map(task -> ", " + task + ", " + task.state()).orElse("");
    }

    private void append(Cpu view, Task task) {
        text.append(task).append(", ").append(task.state()).append(task.waitsFor().map(this::words).orElse("")).append('\n');
        task.saved().ifPresent(frame -> append(symbols.orElseThrow().unwinder(view::look).backtrace(frame, MOST)));
    }

    private String words(Wait wait) {
        return switch (wait) {
            case Wait.In(long address, Optional<String> name) -> ", waits in " + name.map(known -> known + " at ").orElse("") + "0x" + Long.toHexString(address);
            case Wait.Until(long time) -> ", until " + time;
            case Wait.ForTask(long address) -> ", waits for " + task(address);
            case Wait.Exit(long address) -> ", waits for the end of " + task(address);
        };
    }

    private String task(long address) {
        return tasks.stream().filter(task -> task.address() == address).findFirst().map(Task::toString).orElse("0x" + Long.toHexString(address));
    }

    private void append(Backtrace backtrace) {
        int number = 0;
        for (Frame frame : backtrace.frames()) {
            if (frame.found() == Frame.Found.INTERRUPT_FRAME) {
                text.append("  <interrupted>\n");
            }
            List<SourceFrame> lines = symbols.orElseThrow().lineAt(frame.address());
            String address = "0x" + Long.toHexString(frame.registers().rip());
            if (lines.isEmpty()) {
                text.append(String.format(Locale.ROOT, "  #%-2d %s %s%n", number++, address, symbols.get().describe(frame.address()).orElse("?")));
            }
            for (SourceFrame line : lines) {
                text.append(String.format(Locale.ROOT, "  #%-2d %s %s%s%n", number++, address, line, line.inlined() ? " (inlined)" : ""));
            }
        }
        switch (backtrace.end()) {
            case OUTERMOST -> { }
            case FOREIGN_CODE -> text.append("  (code that is not the kernel's)\n");
            case LOST -> text.append("  (nothing tells who called)\n");
            case LIMIT -> text.append("  (and more)\n");
        }
    }
}
