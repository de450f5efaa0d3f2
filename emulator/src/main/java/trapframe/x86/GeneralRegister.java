package trapframe.x86;

import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** The names of the general registers, by the numbers that instructions have for them (SDM vol. 2A, table 3-1). They are in lower case. */
public final class GeneralRegister {
    /** All 64 bits of each. */
    public static final List<String> NAMES = List.of("rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
            "r13", "r14", "r15");
    private static final List<String> LOW_BYTES = List.of("al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil");

    private GeneralRegister() { }

    /** The number of the register of which a name stands for the whole, or for its low bits. Empty if there is none: AH, CH, DH and BH are no low bits. */
    public static OptionalInt number(String name) {
        return IntStream.range(0, NAMES.size()).filter(number -> isOf(number, name)).findFirst();
    }

    private static boolean isOf(int number, String name) {
        String whole = NAMES.get(number);
        if (number >= LOW_BYTES.size()) {
            return name.equals(whole) || name.equals(whole + "d") || name.equals(whole + "w") || name.equals(whole + "b");
        }
        String word = whole.substring(1);
        return name.equals(whole) || name.equals("e" + word) || name.equals(word) || name.equals(LOW_BYTES.get(number));
    }
}
