package trapframe.gdb;

import java.lang.reflect.RecordComponent;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BiFunction;
import trapframe.cpu.Cpu;
import trapframe.cpu.Observation;
import trapframe.cpu.Watch;
import trapframe.machine.Machine;
import trapframe.machine.StopReason;
import trapframe.memory.GuestMemory;
import trapframe.symbols.KernelSymbols;
import trapframe.timeline.Input;
import trapframe.timeline.Moment;
import trapframe.timeline.Stop;
import trapframe.timeline.TimelineException;

/** The commands behind {@code monitor}. */
final class Monitor {
    private static final int MOST_BYTES = 4096;
    private static final int IN_A_LINE = 16;
    /** RFLAGS.IF (SDM vol. 1, 3.4.3.3). */
    private static final int INTERRUPTS_ON = 1 << 9;

    /** @param run what it prints for a CPU and its arguments */
    private record Command(String name, String arguments, String help, BiFunction<Cpu, String[], String> run) { }

    private static final int WORD = 8;
    /** gdb asks again only where it knows that the machine has moved. */
    private static final String LOOK_AGAIN = "(maintenance flush register-cache shows gdb where the machine is now)\n";

    private final Debuggee debuggee;
    private final Machine machine;
    private final Optional<KernelSymbols> symbols;
    private final List<Command> commands;

    Monitor(Debuggee debuggee) {
        this.debuggee = debuggee;
        machine = debuggee.machine();
        symbols = debuggee.kernel().symbols();
        commands = List.of(
                new Command("position", "", "where the machine is in time", (cpu, arguments) -> position()),
                new Command("hash", "", "the state hash of the machine", (cpu, arguments) -> machine.stateHash() + "\n"),
                new Command("goto", "POSITION", "goes to a position, back or ahead", (cpu, arguments) -> goTo(arguments)),
                new Command("snapshot", "[NAME]", "gives this moment a name, or lists those that have one", (cpu, arguments) -> name(arguments)),
                new Command("restore", "NAME", "goes to the moment of that name", (cpu, arguments) -> restore(arguments)),
                new Command("last-write", "ADDRESS [BYTES]", "goes back to before the instruction that wrote there last (8 bytes)", this::lastWrite),
                new Command("record", "[FILE]", "says what is being recorded, or writes a recording of the run up to now", (cpu, arguments) -> record(arguments)),
                new Command("where", "", "the stacks of all CPUs, and of all tasks of a kernel whose tables are known",
                        (cpu, arguments) -> Backtraces.of(cpu, machine.cpus(), symbols, debuggee.kernel().tasks())),
                new Command("inject", "VECTOR [CPU]", "an interrupt of this vector (decimal, or 0x) comes now, to this thread's CPU or another", this::inject),
                new Command("irq", "mask|deliver", "whether a step that an interrupt comes in runs over its handler, or stops at its first instruction (default)",
                        (cpu, arguments) -> irq(arguments)),
                new Command("phys", "ADDRESS [BYTES]", "RAM by physical address", (cpu, arguments) -> physical(cpu, arguments)),
                new Command("tlb", "ADDRESS", "the page walk of a linear address, level by level",
                        (cpu, arguments) -> PageTables.walk(cpu.snapshot(), machine.ram(), address(cpu, arguments, 0))),
                new Command("idt", "", "the interrupt descriptor table of the CPU",
                        (cpu, arguments) -> DescriptorTables.idt(cpu, address -> symbols.flatMap(known -> known.describe(address)))),
                new Command("gdt", "", "the global descriptor table of the CPU", (cpu, arguments) -> DescriptorTables.gdt(cpu)),
                new Command("devices", "", "the state of each device", (cpu, arguments) -> devices()),
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

    private String goTo(String[] arguments) {
        if (arguments.length != 1 || !arguments[0].matches("[0-9]{1,18}")) {
            throw new RefusedException("goto needs a position, a decimal number");
        }
        return arrive(debuggee.goTo(Moment.at(Long.parseLong(arguments[0]))));
    }

    private String arrive(Stop stop) {
        String why = switch (stop) {
            case Stop.End(StopReason reason) -> debuggee.words(reason) + "\n";
            case Stop.Interrupted() -> "interrupted\n";
            default -> "";
        };
        return why + position() + LOOK_AGAIN;
    }

    private String name(String[] arguments) {
        if (arguments.length > 1) {
            throw new RefusedException("a name is one word");
        }
        if (arguments.length == 1) {
            debuggee.named().put(arguments[0], debuggee.timeline().now());
            return "";
        }
        StringBuilder text = new StringBuilder();
        debuggee.named().forEach((name, moment) -> text.append(name).append(": position ").append(moment.position()).append('\n'));
        return text.toString();
    }

    private String restore(String[] arguments) {
        Moment moment = arguments.length == 1 ? debuggee.named().get(arguments[0]) : null;
        if (moment == null) {
            throw new RefusedException("no moment has that name (monitor snapshot lists them)");
        }
        return arrive(debuggee.goTo(moment));
    }

    private String record(String[] arguments) {
        if (arguments.length > 1) {
            throw new RefusedException("a file's name is one word");
        }
        if (arguments.length == 0) {
            return debuggee.recorder().describe() + "\n";
        }
        try {
            debuggee.recorder().write(Path.of(arguments[0]));
        } catch (TimelineException | InvalidPathException e) {
            throw new RefusedException(e.getMessage());
        }
        return "written to " + arguments[0] + "\n";
    }

    private String lastWrite(Cpu cpu, String[] arguments) {
        long address = address(cpu, arguments, 0);
        long bytes = arguments.length > 1 ? address(cpu, arguments, 1) : WORD;
        if (bytes < 1 || bytes > Debuggee.pieceLength(address, MOST_BYTES)) {
            throw new RefusedException("the bytes must be one or more, in one page");
        }
        Watch watch = new Watch(debuggee.physical(cpu.number(), address), (int) bytes, Watch.Kind.WRITE);
        debuggee.timeline().observe(new Observation(new long[0], List.of(watch), false));
        Stop stop = debuggee.timeline().runBack();
        if (!(stop instanceof Stop.Watchpoint written)) {
            return (stop instanceof Stop.Start ? "nothing has written there since the start\n" : "") + arrive(stop);
        }
        long rip = machine.cpus().get(written.cpu()).state().linearRip();
        return "CPU " + written.cpu() + " writes it at 0x" + Long.toHexString(rip) + symbols.flatMap(known -> known.lineAt(rip).stream().findFirst())
                .map(line -> " " + line).orElse("") + "\n" + arrive(stop);
    }

    private String devices() {
        StringBuilder text = new StringBuilder();
        machine.deviceStates().forEach(device -> text.append(device.name()).append(": ").append(words(device.state())).append('\n'));
        return text.toString();
    }

    /** A record's components, arrays with what is in them. */
    private static String words(Record state) {
        List<String> words = new ArrayList<>();
        try {
            for (RecordComponent component : state.getClass().getRecordComponents()) {
                component.getAccessor().setAccessible(true);
                Object value = component.getAccessor().invoke(state);
                String text = value instanceof Record inner ? "[" + words(inner) + "]" : Arrays.deepToString(new Object[] {value});
                words.add(component.getName() + "=" + (value instanceof Record ? text : text.substring(1, text.length() - 1)));
            }
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
        return String.join(", ", words);
    }

    private String irq(String[] arguments) {
        boolean masks = arguments.length == 1 && arguments[0].equals("mask");
        if (!masks && !(arguments.length == 1 && arguments[0].equals("deliver"))) {
            throw new RefusedException("irq mask, or irq deliver");
        }
        debuggee.mask(masks);
        return masks ? "a step runs over the handlers of interrupts\n" : "a step stops at the first instruction of an interrupt's handler\n";
    }

    private String inject(Cpu cpu, String[] arguments) {
        if (arguments.length < 1 || arguments.length > 2) {
            throw new RefusedException("inject needs a vector, and perhaps a CPU's number");
        }
        int number = arguments.length > 1 ? number(arguments[1]) : cpu.number();
        debuggee.apply(new Input.Injection(number, number(arguments[0])));
        boolean on = (machine.cpus().get(number).snapshot().rflags() & INTERRUPTS_ON) != 0;
        return "requested of CPU " + number + (on ? "" : ", which has interrupts off: it comes when they are on") + "\n";
    }

    private static int number(String text) {
        try {
            return Integer.decode(text);
        } catch (NumberFormatException e) {
            throw new RefusedException("\"" + text + "\" is no number");
        }
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
