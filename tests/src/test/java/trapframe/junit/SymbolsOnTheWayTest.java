package trapframe.junit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import trapframe.tests.StagesKernel;

/** A guest is at a symbol when it is about to execute the instruction there, and each time that it is so anew. */
@BootImage(value = StagesKernel.PATH, append = "x", memory = "2M", budget = "1ms")
@Stages({@Stage(name = "begun", symbol = "_start"), @Stage(name = "printing", symbol = "print")})
class SymbolsOnTheWayTest {
    @BeforeAll
    static void build() throws Exception {
        StagesKernel.build();
    }

    private static long position(Guest guest) {
        return guest.machine().clock().position();
    }

    @Test
    void theFirstInstructionIsOneOfThem(Guest guest) {
        guest.runTo("_start");

        assertThat(position(guest)).isZero();
        assertThat(guest.machine().cpus().getFirst().state().linearRip()).isEqualTo(guest.address("_start"));
    }

    @Test
    void theFirstInstructionEndsAStage(Guest guest) {
        guest.reach("begun");

        assertThat(position(guest)).isZero();
    }

    @Test
    void theInstructionBehindTheOneThatShowedATextIsOneOfThem(Guest guest) {
        guest.expect("stage one\n");
        long position = position(guest);

        guest.runTo("0x" + Long.toHexString(guest.machine().cpus().getFirst().state().linearRip()));

        assertThat(position(guest)).isEqualTo(position);
    }

    @Test
    void aGuestThatIsThereGoesOnToTheNextTime(Guest guest) {
        guest.runTo("print").runTo("print").expect("stage two\n");

        assertThat(guest.lines()).containsExactly("stage one", "stage two");
    }

    /** As the one does that is not taken back there. */
    @Test
    @FromStage("printing")
    void aGuestThatBeginsThereGoesOnToTheNextTime(Guest guest) {
        long first = position(guest);

        guest.runTo("print");

        assertThat(position(guest)).isGreaterThan(first);
        assertThat(guest.lines()).containsExactly("stage one");
    }
}
