package trapframe.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import trapframe.junit.BootImage;
import trapframe.junit.Explore;
import trapframe.junit.Guest;

/**
 * What a kernel developer leaves behind with the repair of each bug that VARIANTS.md tells of. Most of them showed only where an interrupt came at a bad
 * moment, so that their tests let interrupts come at many. {@link RegressionsCatchTheirBugsTest} runs the same tests on kernels with the bugs.
 */
class SproutRegressionsTest {
    /** The switch of tasks wrote to the log, whose lock the interrupted task may hold. */
    @Test
    @BootImage(value = "${sprout}", append = "test=kthread", memory = "8M")
    @Explore(from = "[stage 20]", budget = 32)
    void logInSwitch() { }

    /** The scheduler's lock was taken first, and interrupts were off after that. */
    @Test
    @BootImage(value = "${sprout}", append = "test=kthread", memory = "8M")
    @Explore(budget = 64)
    void irqUnsafeLock() { }

    /** Two accounts were locked in the order of the transfer. */
    @Test
    @BootImage(value = "${sprout}", append = "test=kthread", memory = "8M")
    @Explore(from = "[stage 20]", budget = 32)
    void abba() { }

    /** A semaphore let go of its lock between the test and the sleep. */
    @Test
    @BootImage(value = "${sprout}", append = "test=kthread", memory = "8M")
    @Explore(from = "[stage 20]", budget = 32)
    void lostWakeup() { }

    /** The last of those who drop a reference was not the only one who thought so. */
    @Test
    @BootImage(value = "${sprout}", append = "test=kthread", memory = "8M", fail = "panic:")
    @Explore(from = "[stage 20]", budget = 32)
    void refcountRace() { }

    /** A task that exited between the look and the sleep was waited for. */
    @Test
    @BootImage(value = "${sprout}", append = "test=kthread", memory = "8M")
    @Explore(from = "[stage 20]", budget = 32)
    void joinRace() { }

    /** A caller that had its reply already was put to sleep for it. */
    @Test
    @BootImage(value = "${sprout}", append = "run=\"ls; ls\"", memory = "8M")
    @Explore(from = "[stage 20]", budget = 32)
    void recvWakesCaller() { }

    /** All tests together need more channels than there were. No moment matters. */
    @Test
    @BootImage(value = "${sprout}", append = "test=ktest", memory = "16M", budget = "4s")
    void channels64(Guest guest) {
        guest.expect("=== KTEST: PASS ===").expectSuccess();
        assertThat(guest).hasNotShown("LEAK");
    }

    /** A reply came before the caller slept. */
    @Test
    @BootImage(value = "${sprout}", append = "test=ktest section=Rendezvous", memory = "16M")
    @Explore(from = "[stage 20]", budget = 64)
    void preemptInReply() { }

    /** A handler with nothing to do left the interrupt in service. */
    @Test
    @BootImage(value = "${sprout}", append = "test=boot-stages", memory = "8M")
    @Explore(budget = 32)
    void missingEoi() { }

    /** The idle task halted although an interrupt had brought work. */
    @Test
    @BootImage(value = "${sprout}", append = "test=sleep", memory = "8M")
    @Explore(from = "[stage 20]", budget = 32)
    void stiHltGap() { }

    /** The timer's handler was interrupted by the timer. */
    @Test
    @BootImage(value = "${sprout}", append = "test=sleep", memory = "8M", fail = "panic:")
    @Explore(from = "[stage 20]", budget = 32)
    void nestedTimerStack() { }

    /** A page that was given back was still in the TLB. */
    @Test
    @BootImage(value = "${sprout}", append = "test=ktest section=Memory", memory = "16M")
    @Explore(from = "[stage 20]", budget = 32)
    void staleTlb() { }
}
