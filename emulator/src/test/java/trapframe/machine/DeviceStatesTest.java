package trapframe.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import trapframe.machine.RandomTraffic.Moment;

/** A device is asked for its state only if something may have changed it, and nobody can tell. */
class DeviceStatesTest {
    /** With assertions on, each state that is taken as known is compared with the one that the device is in. */
    @Property(tries = 20)
    void statesThatAreKnownAreThoseThatTheDevicesAreIn(@ForAll long seed) {
        assertThat(DeviceStates.class.desiredAssertionStatus()).isTrue();
        Random random = new Random(seed);
        try (RandomTraffic traffic = new RandomTraffic()) {
            for (int i = 0; i < 500; i++) {
                traffic.step(random);
                traffic.board.states().all();
            }
        }
    }

    @Property(tries = 10)
    void whatFollowsARestoreFollowsItInAMachineThatKnowsNothing(@ForAll long seed) {
        Random random = new Random(seed);
        try (RandomTraffic walked = new RandomTraffic()) {
            List<Moment> moments = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                walked.steps(random.nextLong(), random.nextInt(40));
                moments.add(walked.moment());
                if (random.nextBoolean()) {
                    walked.goTo(moments.get(random.nextInt(moments.size())));
                }
            }
            for (int i = 0; i < 6; i++) {
                Moment start = moments.get(random.nextInt(moments.size()));
                long next = random.nextLong();
                walked.goTo(start);
                assertThat(walked.board.states().are(start.devices())).isTrue();
                try (RandomTraffic fresh = new RandomTraffic()) {
                    fresh.goTo(start);
                    assertThat(walked.steps(next, 60)).isEqualTo(fresh.steps(next, 60));
                    assertThat(walked.moment().devices()).isEqualTo(fresh.moment().devices());
                    assertThat(walked.moment().deadlines()).isEqualTo(fresh.moment().deadlines());
                }
            }
        }
    }

    @Test
    void aStateThatIsTheSameAsBeforeIsTheSameRecord() {
        try (RandomTraffic traffic = new RandomTraffic()) {
            traffic.steps(1, 200);
            List<Record> before = traffic.board.states().all();
            traffic.board.ports().write(0x80, 1, (int) traffic.board.clock().position() & 0xff ^ 1);
            List<Record> after = traffic.board.states().all();
            for (int i = 0; i < before.size(); i++) {
                assertThat(after.get(i) == before.get(i)).isEqualTo(after.get(i).equals(before.get(i)));
            }
            assertThat(traffic.board.states().are(after)).isTrue();
        }
    }
}
