package trapframe.x86;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GeneralRegisterTest {
    @ParameterizedTest
    @CsvSource({"rax, 0", "ecx, 1", "dx, 2", "bl, 3", "spl, 4", "rbp, 5", "esi, 6", "dil, 7", "r8, 8", "r9d, 9", "r10w, 10", "r15b, 15"})
    void isTheOneThatANameStandsForTheLowBitsOf(String name, int number) {
        assertThat(GeneralRegister.number(name)).hasValue(number);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ah", "bh", "rip", "es", "r16", "r9x", "cr0", "xmm0", "eiz", "riz", "l", "x", "e", ""})
    void isNoOther(String name) {
        assertThat(GeneralRegister.number(name)).isEmpty();
    }
}
