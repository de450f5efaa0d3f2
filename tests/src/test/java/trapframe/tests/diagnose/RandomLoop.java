package trapframe.tests.diagnose;

import java.util.Locale;
import java.util.Random;

/**
 * Text of a random program (GNU as, Intel syntax, 32 bits): a loop that computes with registers, cells and a table, and leaves when one of its values
 * has some of its bits clear, or equals a number. Some leave soon, some late, some never.
 */
final class RandomLoop {
    private static final String[] REGISTERS = {"eax", "ebx", "ecx", "edx", "esi", "edi", "ebp"};
    private static final String[] BYTES = {"al", "bl", "cl", "dl", "ah", "bh"};
    private static final String[] CONDITIONS = {"o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"};
    private static final String[] ARITHMETIC = {"add", "sub", "and", "or", "xor", "adc", "sbb", "cmp", "test"};
    private static final int CELLS = 4;

    private final Random random;
    private final StringBuilder text = new StringBuilder();
    private int labels;

    private RandomLoop(long seed) {
        random = new Random(seed);
    }

    static String of(long seed) {
        return new RandomLoop(seed).program();
    }

    private String program() {
        line("cli");
        line("mov esp, 0x200000");
        for (String register : REGISTERS) {
            line("mov %s, %d", register, number());
        }
        line("again:");
        int length = 1 + random.nextInt(12);
        for (int i = 0; i < length; i++) {
            instruction();
        }
        String tested = random.nextBoolean() ? register() : cell();
        if (random.nextBoolean()) {
            // A counter that others may get at too: such loops end late.
            line("inc dword ptr %s", tested);
            line("test dword ptr %s, %d", tested, (1 << 16 + random.nextInt(5)) - 1);
            line("jz succeed");
        } else if (random.nextInt(4) > 0) {
            line("test dword ptr %s, %d", tested, bits());
            line("jz succeed");
        } else {
            line("cmp dword ptr %s, %d", tested, number());
            line("j%s succeed", random.nextInt(3) > 0 ? "e" : condition());
        }
        line("jmp again");
        line("succeed:");
        line("mov al, 0x10");
        line("out 0xf4, al");
        for (int i = 0; i < CELLS; i++) {
            line("cell%d: .long %d", i, number());
        }
        line("table: .fill 64, 4, %d", number());
        return text.toString().replaceAll("dword ptr (e[a-z]{2})", "$1");
    }

    private void line(String format, Object... arguments) {
        text.append(String.format(Locale.ROOT, format, arguments)).append('\n');
    }

    private String register() {
        return REGISTERS[random.nextInt(REGISTERS.length)];
    }

    private String cell() {
        return "[cell" + random.nextInt(CELLS) + "]";
    }

    private String condition() {
        return CONDITIONS[random.nextInt(CONDITIONS.length)];
    }

    private int number() {
        return random.nextInt(3) == 0 ? random.nextInt(16) : random.nextInt();
    }

    /** Enough of them that it takes a while until all are clear. */
    private int bits() {
        int count = 6 + random.nextInt(14);
        return (int) ((1L << count) - 1 << random.nextInt(33 - count));
    }

    private String source() {
        return switch (random.nextInt(4)) {
            case 0 -> Integer.toString(number());
            case 1 -> "dword ptr " + cell();
            default -> register();
        };
    }

    private void instruction() {
        String operation = ARITHMETIC[random.nextInt(ARITHMETIC.length)];
        switch (random.nextInt(27)) {
            case 0, 1, 2 -> line("%s %s, %s", operation, register(), operation.equals("test") ? register() : source());
            case 3, 4 -> line("%s dword ptr %s, %s", operation, cell(), random.nextBoolean() ? register() : Integer.toString(number()));
            case 5 -> line("mov %s, %s", register(), source());
            case 6 -> line("mov dword ptr %s, %s", cell(), register());
            case 7, 8 -> line("%s dword ptr %s", random.nextBoolean() ? "inc" : "dec", random.nextBoolean() ? cell() : register());
            case 9 -> line("%s %s, %d", new String[] {"shl", "shr", "sar", "rol"}[random.nextInt(4)], register(), random.nextInt(32));
            case 10 -> line("%s %s, cl", random.nextBoolean() ? "shl" : "shr", register());
            case 11 -> line("lea %s, [%s + %s * %d + 0x%x]", register(), register(), register(), 1 << random.nextInt(4), number());
            case 12 -> line("imul %s, %s, %d", register(), register(), number());
            case 13 -> line("%s %s, byte ptr %s", random.nextBoolean() ? "movzx" : "movsx", register(), cell());
            case 14 -> line("xchg %s, dword ptr %s", register(), cell());
            case 15 -> line("xadd dword ptr %s, %s", cell(), register());
            case 16 -> line("%s dword ptr %s, %d", new String[] {"bts", "btr", "btc", "bt"}[random.nextInt(4)], cell(), random.nextInt(32));
            case 17 -> line("set%s %s", condition(), BYTES[random.nextInt(BYTES.length)]);
            case 18 -> line("cmov%s %s, %s", condition(), register(), register());
            case 19 -> {
                line("push %s", register());
                line("pop %s", register());
            }
            case 20 -> {
                line("pushfd");
                instruction();
                line("popfd");
            }
            case 21 -> {
                String index = register();
                line("mov %s, %s", index, register());
                line("and %s, 63", index);
                line("%s", random.nextBoolean() ? "mov dword ptr [table + " + index + " * 4], " + register()
                        : "add " + register() + ", dword ptr [table + " + index + " * 4]");
            }
            case 22 -> line("%s %s", random.nextBoolean() ? "neg" : "not", register());
            case 23 -> line("cmpxchg dword ptr %s, %s", cell(), register());
            case 24 -> line("mov byte ptr %s, %s", cell(), BYTES[random.nextInt(BYTES.length)]);
            case 25 -> string();
            default -> {
                int label = labels++;
                line("j%s skip%d", condition(), label);
                line("add dword ptr %s, %d", cell(), number());
                line("skip%d:", label);
            }
        }
    }

    /** On the table, of up to 16 elements, with pointers and count as the loop left them but for what keeps them there. */
    private void string() {
        line("push esi");
        line("push edi");
        line("push ecx");
        for (String pointer : new String[] {"esi", "edi"}) {
            line("and %s, 31", pointer);
            line("lea %s, [table + 80 + %s * 2]", pointer, pointer);
        }
        line("and ecx, 15");
        line("%s", random.nextBoolean() ? "cld" : "std");
        line("%s", new String[] {"rep movsb", "rep movsd", "rep stosb", "rep stosd", "repe cmpsb", "repne cmpsd", "repe scasb", "repne scasd", "lodsd", "lodsb",
            "movsd", "scasd", "cmpsb", "stosd"}[random.nextInt(14)]);
        line("cld");
        if (random.nextBoolean()) {
            line("mov dword ptr %s, %s", cell(), random.nextBoolean() ? "ecx" : random.nextBoolean() ? "esi" : "edi");
        }
        line("pop ecx");
        line("pop edi");
        line("pop esi");
    }
}
