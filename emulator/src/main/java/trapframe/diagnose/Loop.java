package trapframe.diagnose;

import java.util.List;
import trapframe.diagnose.flow.Poll;

/**
 * A loop that a CPU does not leave.
 *
 * @param cpu          its number
 * @param instructions linear addresses of the instructions that it executes in one round, in rising order, each once
 * @param codeBytes    of one round
 * @param reads        what a round reads of memory and did not write before: what the loop waits for is among them
 * @param polls        what it reads of devices, and is the same in each round
 */
public record Loop(int cpu, List<Long> instructions, long codeBytes, List<Cell> reads, List<Poll> polls) {
    public Loop {
        instructions = List.copyOf(instructions);
        reads = List.copyOf(reads);
        polls = List.copyOf(polls);
    }
}
