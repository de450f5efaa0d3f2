package trapframe.tests.diagnose;

import static trapframe.tests.diagnose.TickingGuest.LOCAL_GATE;
import static trapframe.tests.diagnose.TickingGuest.WITH_TICKS;
import static trapframe.tests.diagnose.TickingGuest.local;
import static trapframe.tests.diagnose.TurnsGuest.RESTORE;
import static trapframe.tests.diagnose.TurnsGuest.SAVE;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.Supplier;

/**
 * Text of a random guest whose tasks take turns by ticks: each computes with registers and cells, some of its own and some of others, and leaves when a bit
 * of a cell is set. The tick counts too, and at some tick may write a cell. Some such guests end soon, some late, some never.
 */
final class RandomTurns {
    private static final String[] REGISTERS = {"eax", "ebx", "ecx", "edx", "esi", "edi", "ebp"};
    private static final int CELLS = 5;
    private static final int FUNCTIONS = 2;
    /** Generators with seeds side by side begin alike. */
    private static final long APART = 0x9e37_79b9_7f4a_7c15L;

    private final Random random;
    private final StringBuilder text = new StringBuilder();
    private int labels;

    private RandomTurns(long seed) {
        random = new Random(seed * APART);
    }

    static String of(long seed) {
        return new RandomTurns(seed).program();
    }

    /**
     * The same with one task, and mostly two timers, whose handlers look at each other's cells and those of the loop, and at what they interrupt. Some are
     * set at each tick, by their own handler or the other one; some handlers let interrupts in, or end theirs early.
     */
    static String withTimers(long seed) {
        return new RandomTurns(seed).programWithTimers();
    }

    private String program() {
        int tasks = 1 + random.nextInt(3);
        String hook = switch (random.nextInt(5)) {
            case 0 -> line("inc dword ptr %s", cell());
            case 1 -> line("cmp dword ptr [ticks], %d", 20 + random.nextInt(300)) + "jne not_yet\n" + line("mov dword ptr %s, -1", cell()) + "not_yet:\n";
            case 2 -> line("mov eax, dword ptr %s", cell()) + line("add dword ptr %s, eax", cell());
            default -> "";
        };
        int slice = random.nextInt(3) == 0 ? 1 + random.nextInt(5) : 1;
        text.append(TurnsGuest.of(tasks, slice, hook));
        for (int i = 0; i < tasks; i++) {
            task(i, this::instruction);
        }
        return finished(0);
    }

    /** @param initial most that a cell has at the beginning */
    private String finished(int initial) {
        for (int i = 0; i < FUNCTIONS; i++) {
            String register = register();
            text.append(line("function%d: push %s", i, register)).append(line(random.nextBoolean() ? "inc dword ptr %s" : "mov dword ptr %s, 5", cell()))
                    .append(line("mov %s, dword ptr %s", register, cell())).append(line("pop %s", register)).append("ret\n");
        }
        for (int i = 0; i < CELLS; i++) {
            text.append(line("cell%d: .long %d", i, random.nextInt(initial + 1)));
        }
        return text.toString();
    }

    private String programWithTimers() {
        // Mostly two: with 0 only the local APIC's, with 1 only the 8254.
        int timers = random.nextInt(8);
        boolean nests = random.nextInt(timers < 2 ? 2 : 6) == 0;
        int counts = 400 + random.nextInt(1200);
        int nanos = (int) (counts * 838L * (random.nextBoolean() ? 1 : 1 + random.nextInt(3)) / (1 + random.nextInt(2))) + random.nextInt(4000) - 2000;
        String setIntervalTimer = line("mov al, %d", counts & 0xff) + "out 0x40, al\n" + line("mov al, %d", counts >>> 8) + "out 0x40, al\n";
        String setLocal = line("mov dword ptr [0xfee00380], %d", nanos);
        boolean intervalTimerOnce = random.nextInt(4) == 0;
        boolean localOnce = random.nextInt(4) == 0;
        boolean crossed = random.nextInt(4) == 0;
        String arms = intervalTimerOnce ? "mov al, 0x30\nout 0x43, al\n" + setIntervalTimer : "";
        String armsLocal = localOnce ? setLocal : "";
        text.append(WITH_TICKS);
        handler("on_tick", "mov al, 0x20\nout 0x20, al\n", crossed ? armsLocal : arms, nests);
        handler("on_local", "mov dword ptr [0xfee000b0], 0\n", crossed ? arms : armsLocal, nests);
        text.append("begin:\n").append(LOCAL_GATE).append(timers == 1 ? "" : local(localOnce ? "0x21" : "0x20021", nanos))
                .append(line("mov al, %d", timers == 0 ? 0xff : 0xfe)).append("out 0x21, al\n").append(line("mov al, 0x%x", intervalTimerOnce ? 0x30 : 0x34)).append("out 0x43, al\n").append(setIntervalTimer).append("sti\njmp task0\n");
        task(0, () -> random.nextInt(3) > 0 ? constantStored() : instruction());
        return finished(2);
    }

    private void handler(String name, String endOfInterrupt, String arms, boolean nests) {
        List<String> parts = new ArrayList<>();
        int length = random.nextInt(5);
        for (int i = 0; i < length; i++) {
            parts.add(inHandler());
        }
        parts.add(arms);
        parts.add(random.nextInt(parts.size() + 1), endOfInterrupt);
        if (nests) {
            parts.add(random.nextInt(parts.size() + 1), "sti\n");
        }
        text.append(name).append(":\n").append(SAVE).append("inc dword ptr [ticks]\n");
        parts.forEach(text::append);
        text.append(RESTORE).append("iretd\n");
    }

    /** What a handler does, some of it only when it finds something, as what the other handler or the loop leaves. */
    private String inHandler() {
        String action = switch (random.nextInt(18)) {
            case 0 -> line("mov dword ptr %s, -1", cell());
            case 1 -> line("inc dword ptr %s", cell());
            case 2 -> line("xor dword ptr %s, %d", cell(), 1 + random.nextInt(3));
            case 3 -> line("mov eax, dword ptr %s", cell()) + line("mov dword ptr %s, eax", cell());
            case 4 -> line("mov eax, dword ptr [esp + %d]", 4 * random.nextInt(10)) + line("mov dword ptr %s, eax", cell());
            case 5 -> line("mov eax, dword ptr %s", cell()) + line("mov dword ptr [esp + %d], eax", 4 * random.nextInt(7));
            case 6 -> line(random.nextBoolean() ? "in al, 0x20" : "mov eax, dword ptr [0xfee00210]") + line("mov dword ptr %s, eax", cell());
            case 7 -> line("mov dword ptr %s, %d", cell(), random.nextInt());
            default -> constantStored();
        };
        String only = switch (random.nextInt(12)) {
            case 0 -> line("cmp dword ptr [ticks], %d", random.nextInt(4000));
            case 1 -> line("cmp dword ptr [esp + 28], offset task0 + %d", random.nextInt(30));
            case 2, 3, 4, 5 -> line("cmp dword ptr %s, %d", cell(), random.nextInt(3));
            default -> "";
        };
        int label = labels++;
        return only.isEmpty() ? action
                : only + line("j%s other%d", random.nextBoolean() ? "ne" : "b", label) + (random.nextBoolean() ? action : "jmp succeed\n") + line("other%d:", label);
    }

    private String constantStored() {
        return line("mov dword ptr %s, %d", cell(), random.nextInt(3));
    }

    private void task(int number, Supplier<String> instruction) {
        text.append(line("task%d:", number));
        int length = random.nextInt(5);
        for (int i = 0; i < length; i++) {
            text.append(instruction.get());
        }
        text.append(line("test dword ptr %s, %d", cell(), 1 << 3 + random.nextInt(22)));
        text.append("jnz succeed\n").append(line("jmp task%d", number));
    }

    private static String line(String format, Object... arguments) {
        return String.format(Locale.ROOT, format, arguments) + "\n";
    }

    private String register() {
        return REGISTERS[random.nextInt(REGISTERS.length)];
    }

    private String cell() {
        return "[cell" + random.nextInt(CELLS) + "]";
    }

    private String instruction() {
        return switch (random.nextInt(13)) {
            case 0 -> line("inc %s", register());
            case 1 -> line("add %s, %s", register(), register());
            case 2 -> line("mov %s, dword ptr %s", register(), cell());
            case 3 -> line("mov dword ptr %s, %s", cell(), register());
            case 4 -> line("inc dword ptr %s", cell());
            case 5 -> line("xor %s, %s", register(), register());
            case 6 -> "hlt\n";
            case 7 -> "cli\n" + line("inc dword ptr %s", cell()) + "nop\nsti\n";
            case 8 -> "rdtsc\n";
            case 9 -> line("and %s, %d", register(), random.nextInt());
            case 10 -> "cli\n" + line("push %s", register()) + line("pop %s", register()) + "sti\n";
            case 11 -> line("call function%d", random.nextInt(FUNCTIONS));
            default -> "pause\n";
        };
    }
}
