package trapframe.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import trapframe.junit.BootImage;
import trapframe.junit.Explore;
import trapframe.junit.FromStage;
import trapframe.junit.Guest;
import trapframe.junit.Stage;
import trapframe.junit.Stages;

/**
 * What a kernel developer leaves behind with the repair of each bug that VARIANTS.md tells of. Most of them showed only where an interrupt came at a bad
 * moment, so that their tests let interrupts come at many. {@link RegressionsCatchTheirBugsTest} runs the same tests on kernels with the bugs.
 */
@Stages(@Stage(name = "processes", shows = "[stage 20]"))
class SproutRegressionsTest {
    /** The switch of tasks wrote to the log, whose lock the interrupted task may hold. */
    @Test
    @BootImage(value = "${sprout}", append = "test=kthread", memory = "8M", attended = false)
    @FromStage("processes")
    @Explore(budget = 32)
    void logInSwitch(Guest guest) {
        guest.expectSuccess();
    }

    /** The scheduler's lock was taken first, and interrupts were off after that. */
    @Test
    @BootImage(value = "${sprout}", append = "test=kthread", memory = "8M", attended = false)
    @Explore(budget = 64)
    void irqUnsafeLock(Guest guest) {
        guest.expectSuccess();
    }

    /** Two accounts were locked in the order of the transfer. */
    @Test
    @BootImage(value = "${sprout}", append = "test=kthread", memory = "8M", attended = false)
    @FromStage("processes")
    @Explore(budget = 32)
    void abba(Guest guest) {
        guest.expectSuccess();
    }

    /** A semaphore let go of its lock between the test and the sleep. */
    @Test
    @BootImage(value = "${sprout}", append = "test=kthread", memory = "8M", attended = false)
    @FromStage("processes")
    @Explore(budget = 32)
    void lostWakeup(Guest guest) {
        guest.expectSuccess();
    }

    /** The last of those who drop a reference was not the only one who thought so. */
    @Test
    @BootImage(value = "${sprout}", append = "test=kthread", memory = "8M", fail = "panic:", attended = false)
    @FromStage("processes")
    @Explore(budget = 32)
    void refcountRace(Guest guest) {
        guest.expectSuccess();
    }

    /** A task that exited between the look and the sleep was waited for. */
    @Test
    @BootImage(value = "${sprout}", append = "test=kthread", memory = "8M", attended = false)
    @FromStage("processes")
    @Explore(budget = 32)
    void joinRace(Guest guest) {
        guest.expectSuccess();
    }

    /** A caller that had its reply already was put to sleep for it. */
    @Test
    @BootImage(value = "${sprout}", append = "run=\"ls; ls\"", memory = "8M", attended = false)
    @FromStage("processes")
    @Explore(budget = 32)
    void recvWakesCaller(Guest guest) {
        guest.expectSuccess();
    }

    /** All tests together need more channels than there were. No moment matters. */
    @Test
    @BootImage(value = "${sprout}", append = "test=ktest", memory = "16M", budget = "4s")
    void channels64(Guest guest) {
        guest.expect("=== KTEST: PASS ===").expectSuccess();
        assertThat(guest).hasNotShown("LEAK");
    }

    /** A reply came before the caller slept. */
    @Test
    @BootImage(value = "${sprout}", append = "test=ktest section=Rendezvous", memory = "16M", attended = false)
    @Explore(from = "symbol:rendezvous_call", to = "symbol:rendezvous_call#5", budget = 64)
    void preemptInReply(Guest guest) {
        guest.expectSuccess();
    }

    /** A handler with nothing to do left the interrupt in service. */
    @Test
    @BootImage(value = "${sprout}", append = "test=boot-stages", memory = "8M", attended = false)
    @Explore(budget = 32)
    void missingEoi(Guest guest) {
        guest.expectSuccess();
    }

    /** The idle task halted although an interrupt had brought work. */
    @Test
    @BootImage(value = "${sprout}", append = "test=sleep", memory = "8M", attended = false)
    @FromStage("processes")
    @Explore(budget = 32)
    void stiHltGap(Guest guest) {
        guest.expectSuccess();
    }

    /** The timer's handler was interrupted by the timer. */
    @Test
    @BootImage(value = "${sprout}", append = "test=sleep", memory = "8M", fail = "panic:", attended = false)
    @Explore(from = "symbol:nap_together", to = "symbol:nap_together#2", budget = 32)
    void nestedTimerStack(Guest guest) {
        guest.expectSuccess();
    }

    /** A page that was given back was still in the TLB. */
    @Test
    @BootImage(value = "${sprout}", append = "test=ktest section=Memory", memory = "16M", attended = false)
    @FromStage("processes")
    @Explore(budget = 32)
    void staleTlb(Guest guest) {
        guest.expectSuccess();
    }
}
