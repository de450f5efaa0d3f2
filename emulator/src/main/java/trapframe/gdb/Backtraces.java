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

/** The stacks of all CPUs, with names and source lines. */
final class Backtraces {
    private static final int MOST = 64;

    private Backtraces() { }

    static String of(List<Cpu> cpus, Optional<KernelSymbols> symbols) {
        StringBuilder text = new StringBuilder();
        for (Cpu cpu : cpus) {
            CpuSnapshot state = cpu.snapshot();
            text.append(String.format(Locale.ROOT, "CPU %d, %s, %s, interrupts %s%n", cpu.number(), state.activity(),
                    "ring " + (state.segments()[4] & 3), (state.rflags() & 1 << 9) != 0 ? "on" : "off"));
            if (symbols.isEmpty()) {
                text.append("  #0  0x").append(Long.toHexString(cpu.state().linearRip())).append('\n');
            } else {
                append(text, symbols.get(), symbols.get().unwinder(cpu::look).backtrace(FrameRegisters.of(state.rip(), state.registers()), MOST));
            }
        }
        return text.toString();
    }

    private static void append(StringBuilder text, KernelSymbols symbols, Backtrace backtrace) {
        int number = 0;
        for (Frame frame : backtrace.frames()) {
            if (frame.found() == Frame.Found.INTERRUPT_FRAME) {
                text.append("  <interrupted>\n");
            }
            List<SourceFrame> lines = symbols.lineAt(frame.address());
            String address = "0x" + Long.toHexString(frame.registers().rip());
            if (lines.isEmpty()) {
                text.append(String.format(Locale.ROOT, "  #%-2d %s %s%n", number++, address, symbols.describe(frame.address()).orElse("?")));
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
