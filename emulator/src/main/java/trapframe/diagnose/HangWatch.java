package trapframe.diagnose;

import java.util.List;
import java.util.Optional;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;

/**
 * Runs a machine, and ends the run where the guest is proved never to get any further. The run is the one that it would be without a watch: to
 * the last bit of the state hash, wherever both stand.
 */
public final class HangWatch {
    private final Machine machine;

    /** Of a machine as it is now. */
    public HangWatch(Machine machine) {
        this.machine = machine;
    }

    /** Runs as {@link Machine#run} does, up to a proof; another call goes on from there. */
    public Ending run(RunLimits limits) {
        StopReason reason = machine.run(limits);
        return verdict(reason).<Ending>map(verdict -> new Ending.Hung(verdict)).orElseGet(() -> new Ending.Ended(reason));
    }

    /** What the machine's own reason to stop proves. */
    private Optional<Verdict> verdict(StopReason reason) {
        long position = machine.clock().position();
        List<CpuPlace> places = CpuPlace.of(machine);
        return switch (reason) {
            case StopReason.TripleFault(int cpu) ->
                    Optional.of(new Verdict.TripleFault(position, places, cpu, StackFault.of(machine.cpus().get(cpu))));
            case StopReason.HaltedForGood() when places.stream().noneMatch(CpuPlace::interruptsOn) ->
                    Optional.of(new Verdict.DeadHalt(position, places));
            case StopReason.HaltedForGood() ->
                    Optional.of(new Verdict.NoProgress(position, places, Optional.empty(), List.of(), List.of()));
            default -> Optional.empty();
        };
    }
}
