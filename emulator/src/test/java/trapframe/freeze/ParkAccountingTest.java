package trapframe.freeze;

import static org.assertj.core.api.Assertions.assertThat;
import static trapframe.freeze.ParkAccounting.decideWorkerDrop;
import static trapframe.freeze.ParkAccounting.expectedParks;
import static trapframe.freeze.ParkAccounting.preSeed;
import static trapframe.freeze.ParkAccounting.rendezvousDone;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trapframe.freeze.ParkAccounting.Attendance;
import trapframe.freeze.ParkAccounting.WorkerDrop;

class ParkAccountingTest {
    /** Application processors that all run, the bootstrap processor, and a worker, each of which may be gone. */
    private static List<Attendance> parties(int aps, boolean bsp, boolean worker) {
        return Stream.concat(IntStream.range(0, aps).mapToObj(i -> new Attendance(true, false)),
                Stream.of(new Attendance(bsp, false), new Attendance(worker, false))).toList();
    }

    @ParameterizedTest(name = "{0} APs, BSP alive: {1}, worker running: {2}: {3}")
    @CsvSource({"0, false, false, 0", "2, true, true, 4", "7, true, true, 9", "3, true, false, 4", "2, false, true, 3", "4, false, false, 4",
            "0, true, false, 1", "0, false, true, 1"})
    void everyPartyThatRunsIsExpectedAndNoOther(int aps, boolean bsp, boolean worker, int expected) {
        assertThat(expectedParks(parties(aps, bsp, worker))).isEqualTo(expected);
    }

    @Test
    void nobodyIsCreditedWhoDoesNotStandStill() {
        assertThat(preSeed(parties(3, true, true))).isZero();
    }

    /** A letter for each party: P parked, M moving; in small letters it has ended, and its flag says nothing. */
    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({"PPP, 3", "P, 1", "p, 0", "MMMP, 1", "MMMp, 0", "PPMMP, 3", "PMPp, 2", "'', 0", "mm, 0"})
    void whoStillStandsFromTheCycleBeforeIsCreditedOnceUnlessItHasEnded(String letters, int credit) {
        List<Attendance> parties = new ArrayList<>();
        letters.chars().forEach(letter -> parties.add(new Attendance(Character.isUpperCase(letter), Character.toUpperCase(letter) == 'P')));
        assertThat(preSeed(parties)).isEqualTo(credit);
    }

    @ParameterizedTest(name = "shutting down {0}, was running {1}, dropped {2}, parked {3} and then {4}: {5}")
    @CsvSource({
        "false, true,  false, false, false, SKIP",
        "true,  true,  true,  false, false, SKIP",
        "true,  false, false, false, false, SKIP",
        "true,  true,  false, true,  false, SKIP",
        "true,  true,  false, true,  true,  SKIP",
        "true,  true,  false, false, false, DROP",
        "true,  true,  false, false, true,  CONTINUE"})
    void aWorkerIsDroppedWhenItShutsDownWithoutHavingParked(boolean shuttingDown, boolean wasRunning, boolean dropped, boolean first,
            boolean second, WorkerDrop decision) {
        assertThat(decideWorkerDrop(shuttingDown, wasRunning, dropped, first, second)).isEqualTo(decision);
    }

    @ParameterizedTest(name = "{0} of {1}: {2}")
    @CsvSource({"4, 4, true", "5, 4, true", "3, 4, false", "0, 0, true", "0, 1, false"})
    void isDoneWithAsManyParksAsExpectedOrMore(int parked, int expected, boolean done) {
        assertThat(rendezvousDone(parked, expected)).isEqualTo(done);
    }

    @Test
    void isDoneWhenTheOneThatIsMissingIsDropped() {
        int expected = expectedParks(parties(3, true, true));
        assertThat(rendezvousDone(4, expected)).isFalse();
        assertThat(rendezvousDone(4, expected - 1)).isTrue();
    }

    @Property
    void creditsNeverExceedWhatIsExpected(@ForAll("attendances") List<Attendance> parties) {
        assertThat(preSeed(parties)).isBetween(0, expectedParks(parties));
    }

    @Property
    void onlyAWorkerThatWasExpectedIsTakenOffAndOnlyOnce(@ForAll boolean shuttingDown, @ForAll boolean wasRunning, @ForAll boolean first,
            @ForAll boolean second) {
        WorkerDrop decision = decideWorkerDrop(shuttingDown, wasRunning, false, first, second);
        assertThat(decision == WorkerDrop.DROP).isEqualTo(shuttingDown && wasRunning && !first && !second);
        assertThat(decideWorkerDrop(shuttingDown, wasRunning, true, first, second)).isEqualTo(WorkerDrop.SKIP);
    }

    /** Each party that moves parks or ends, in any order; the cycle is done when the last of them has, and not before. */
    @Property
    void isDoneWithTheLastPartyThatParksOrEndsWhateverTheOrder(@ForAll("attendances") List<Attendance> parties,
            @ForAll("orders") List<Integer> order, @ForAll @IntRange(max = (1 << 12) - 1) int ending) {
        int expected = expectedParks(parties);
        int parked = preSeed(parties);
        List<Integer> moving = order.stream().filter(i -> i < parties.size() && parties.get(i).running() && !parties.get(i).parked()).toList();
        for (int i : moving) {
            assertThat(rendezvousDone(parked, expected)).isFalse();
            if ((ending >> i & 1) == 0) {
                parked++;
            } else if (decideWorkerDrop(true, true, false, false, false) == WorkerDrop.DROP) {
                expected--;
            }
        }
        assertThat(rendezvousDone(parked, expected)).isTrue();
        assertThat(parked).isEqualTo(expected);
    }

    @Provide
    Arbitrary<List<Attendance>> attendances() {
        return Combinators.combine(Arbitraries.of(true, false), Arbitraries.of(true, false)).as(Attendance::new).list().ofMaxSize(12);
    }

    @Provide
    Arbitrary<List<Integer>> orders() {
        return Arbitraries.shuffle(IntStream.range(0, 12).boxed().toList());
    }
}
