package trapframe.gdb;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import trapframe.cpu.Cpu;
import trapframe.machine.Machine;
import trapframe.memory.GuestMemory;
import trapframe.symbols.KernelSymbols;

/** The commands behind {@code monitor}. */
final class Monitor {
    private static final int MOST_BYTES = 4096;
    private static final int IN_A_LINE = 16;

    /** @param run what it prints for a CPU and its arguments */
    private record Command(String name, String arguments, String help, BiFunction<Cpu, String[], String> run) { }

    private final Machine machine;
    private final Optional<KernelSymbols> symbols;
    private final List<Command> commands;

    /** @param mask whether steps let handlers of interrupts run to their ends */
    Monitor(Machine machine, Optional<KernelSymbols> symbols, Consumer<Boolean> mask) {
        this.machine = machine;
        this.symbols = symbols;
        commands = List.of(
                new Command("position", "", "where the machine is in time", (cpu, arguments) -> position()),
                new Command("where", "", "the stacks of all CPUs", (cpu, arguments) -> Backtraces.of(machine.cpus(), symbols)),
                new Command("irq", "mask|deliver", "whether a step that an interrupt comes in runs over its handler, or stops at its first instruction (default)",
                        (cpu, arguments) -> irq(arguments, mask)),
                new Command("phys", "ADDRESS [BYTES]", "RAM by physical address", (cpu, arguments) -> physical(cpu, arguments)),
                new Command("tlb", "ADDRESS", "the page walk of a linear address, level by level",
                        (cpu, arguments) -> PageTables.walk(cpu.snapshot(), machine.ram(), address(cpu, arguments, 0))),
                new Command("idt", "", "the interrupt descriptor table of the CPU",
                        (cpu, arguments) -> DescriptorTables.idt(cpu, address -> symbols.flatMap(known -> known.describe(address)))),
                new Command("gdt", "", "the global descriptor table of the CPU", (cpu, arguments) -> DescriptorTables.gdt(cpu)),
                new Command("help", "", "this list", (cpu, arguments) -> help()));
    }

    /** @throws RefusedException if there is no such command, or it cannot be done */
    String execute(int cpu, String line) {
        String[] words = line.strip().split("\\s+");
        for (Command command : commands) {
            if (command.name.equals(words[0])) {
                return command.run.apply(machine.cpus().get(cpu), List.of(words).subList(1, words.length).toArray(String[]::new));
            }
        }
        throw new RefusedException("no such command: " + words[0] + " (monitor help lists them)");
    }

    private String help() {
        StringBuilder text = new StringBuilder();
        for (Command command : commands) {
            text.append(String.format(Locale.ROOT, "monitor %-24s %s%n", command.name + " " + command.arguments, command.help));
        }
        return text.toString();
    }

    private String position() {
        return String.format(Locale.ROOT, "position %d, virtual time %.9f s, CPU %d is next%n", machine.clock().position(),
                machine.clock().nanos() / 1e9, machine.cpuOnTurn().number());
    }

    private static String irq(String[] arguments, Consumer<Boolean> mask) {
        boolean masks = arguments.length == 1 && arguments[0].equals("mask");
        if (!masks && !(arguments.length == 1 && arguments[0].equals("deliver"))) {
            throw new RefusedException("irq mask, or irq deliver");
        }
        mask.accept(masks);
        return masks ? "a step runs over the handlers of interrupts\n" : "a step stops at the first instruction of an interrupt's handler\n";
    }

    /** An address: a hexadecimal number, with 0x or without, a symbol's name, or a register with $ before it. */
    private long address(Cpu cpu, String[] arguments, int index) {
        if (index >= arguments.length) {
            throw new RefusedException("an address is needed");
        }
        String text = arguments[index];
        if (text.startsWith("$")) {
            return Registers.value(cpu.snapshot(), text.equals("$pc") ? "rip" : text.substring(1));
        }
        return symbols.map(known -> known.address(text)).filter(OptionalLong::isPresent).map(OptionalLong::getAsLong)
                .orElseGet(() -> Packet.number(text.startsWith("0x") ? text.substring(2) : text));
    }

    private String physical(Cpu cpu, String[] arguments) {
        long from = address(cpu, arguments, 0);
        long bytes = arguments.length > 1 ? address(cpu, arguments, 1) : IN_A_LINE;
        GuestMemory ram = machine.ram();
        if (bytes < 1 || bytes > MOST_BYTES) {
            throw new RefusedException("1 to 0x1000 bytes");
        }
        if (!ram.isRam(from, bytes)) {
            throw new RefusedException("not all of that is RAM, which has " + ram.size() + " bytes");
        }
        StringBuilder text = new StringBuilder();
        for (long at = from; at < from + bytes; at += IN_A_LINE) {
            text.append(String.format(Locale.ROOT, "0x%08x:", at));
            for (long each = at; each < Math.min(at + IN_A_LINE, from + bytes); each++) {
                text.append(String.format(Locale.ROOT, " %02x", ram.getByte(each) & 0xff));
            }
            text.append('\n');
        }
        return text.toString();
    }
}
