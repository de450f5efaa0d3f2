package trapframe.diagnose.why;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trapframe.symbols.DataPath;
import trapframe.symbols.SourceFrame;
import trapframe.symbols.SourceLine;

/** Which functions are those of locks, and what a lock is called. */
class LockNamesTest {
    private static SourceFrame frame(String function, String file) {
        return new SourceFrame(function, Optional.of(new SourceLine(file, 7, 0)), false);
    }

    @ParameterizedTest
    @CsvSource({
        "spin_lock,        main.c,              true",
        "lock_irqsave,     kernel.c,            true",
        "acquire,          kernel/proc.c,       true",
        "atomic_xchg,      include/x.h,         true",
        "take,             lib/spinlock.c,      true",
        "take,             sched/mutex.c,       true",
        "down,             sched/semaphore.c,   true",
        "move,             kernel.c,            false",
        "clock_tick,       drivers/clock.c,     false",
        "block_read,       drivers/block.c,     false",
        "unblock,          sched/tasks.c,       false",
        "move,             locks/accounts.c,    false"})
    void functionsOfLocksHaveTheirNamesOrAreInTheirFiles(String function, String file, boolean isOfLock) {
        assertThat(LockNames.isOfLock(frame(function, file))).isEqualTo(isOfLock);
    }

    @Test
    void whoWantedALockIsTheFunctionThatItsFunctionsWereInlinedInto() {
        Place place = new Place(0x1000, Optional.of("move+0x10"), List.of(frame("xchg", "k.h"), frame("lock", "k.h"), frame("move", "kernel.c")));

        assertThat(LockNames.wanting(place).function()).hasValue("move");
        assertThat(LockNames.wanting(new Place(0x1000, Optional.of("lock"), List.of(frame("lock", "k.h")))).function()).hasValue("lock");
    }

    @ParameterizedTest
    @CsvSource({
        "accounts[1].lock,  accounts|accounts[1]|accounts[1].lock|accounts[1].lock.v",
        "accounts[1].lock,  accounts|accounts[1]|accounts[1].lock",
        "log_lock,          log_lock|log_lock.serving",
        "sched_lock,        sched_lock|sched_lock.tickets|sched_lock.tickets.owner",
        "locks[3],          locks|locks[3]|locks[3].taken",
        "big,               big|big.v",
        "table[3],          table|table[3]|table[3].busy",
        "table[3],          table|table[3]",
        "big,               big",
        "clocks[1],         clocks|clocks[1]|clocks[1].busy"})
    void aLockHasTheNameOfTheInnermostPartThatIsCalledOneOrOfWhatItIsIn(String lock, String parts) {
        DataPath path = new DataPath(Arrays.stream(parts.split("\\|")).map(name -> new DataPath.Part(name, null, 0)).toList());

        assertThat(LockNames.whole(path)).isEqualTo(lock);
    }
}
