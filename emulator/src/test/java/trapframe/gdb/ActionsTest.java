package trapframe.gdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import org.junit.jupiter.api.Test;

/** What {@code vCont} asks for. */
class ActionsTest {
    private static Resume resume(String text) {
        return Actions.parse(text, 4).orElse(1);
    }

    @Test
    void theStepIsWhatCounts() {
        assertThat(resume("c")).isEqualTo(new Resume.Continue());
        assertThat(resume("c:-1")).isEqualTo(new Resume.Continue());
        assertThat(resume("s:3;c")).isEqualTo(new Resume.Step(2));
        assertThat(resume("c:1;s:4;c")).isEqualTo(new Resume.Step(3));
        assertThat(resume("s")).as("of the thread that was chosen").isEqualTo(new Resume.Step(1));
        assertThat(resume("r1000,1010:2;c:-1")).isEqualTo(new Resume.StepRange(1, 0x1000, 0x1010));
        assertThat(resume("C05;S05:1")).isEqualTo(new Resume.Step(0));
    }

    @Test
    void whatItDoesNotKnowIsRefused() {
        for (String bad : new String[] {"", ";", "t", "s:5", "s:x", "r1000:1", "r:1"}) {
            assertThatThrownBy(() -> resume(bad)).as(bad).isInstanceOf(RefusedException.class);
        }
    }

    @Property(tries = 500)
    void anyTextIsAnActionOrRefused(@ForAll @CharRange(from = ' ', to = 'z') String text) {
        try {
            assertThat(resume(text)).isNotNull();
        } catch (RefusedException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }
}
