package trapframe.tests.diagnose;

import java.util.Locale;
import java.util.Random;

/**
 * Text of a random guest whose tasks take turns by ticks: each computes with registers and cells, some of its own and some of others, and leaves when a bit
 * of a cell is set. The tick counts too, and at some tick may write a cell. Some such guests end soon, some late, some never.
 */
final class RandomTurns {
    private static final String[] REGISTERS = {"eax", "ebx", "ecx", "edx", "esi", "edi", "ebp"};
    private static final int CELLS = 5;
    private static final int FUNCTIONS = 2;

    private final Random random;
    private final StringBuilder text = new StringBuilder();

    private RandomTurns(long seed) {
        random = new Random(seed);
    }

    static String of(long seed) {
        return new RandomTurns(seed).program();
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
            task(i);
        }
        for (int i = 0; i < FUNCTIONS; i++) {
            String register = register();
            text.append(line("function%d: push %s", i, register)).append(line(random.nextBoolean() ? "inc dword ptr %s" : "mov dword ptr %s, 5", cell()))
                    .append(line("mov %s, dword ptr %s", register, cell())).append(line("pop %s", register)).append("ret\n");
        }
        for (int i = 0; i < CELLS; i++) {
            text.append(line("cell%d: .long 0", i));
        }
        return text.toString();
    }

    private void task(int number) {
        text.append(line("task%d:", number));
        int length = random.nextInt(5);
        for (int i = 0; i < length; i++) {
            text.append(instruction());
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
