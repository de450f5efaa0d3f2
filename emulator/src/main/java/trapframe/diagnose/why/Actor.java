package trapframe.diagnose.why;

import java.util.Optional;

/**
 * Who does something.
 *
 * @param cpu  the number of the CPU on which it is done
 * @param task the kernel's task that runs there, if that is known, as people write it
 */
public record Actor(int cpu, Optional<String> task) {
    @Override
    public String toString() {
        return task.map(name -> name + " on CPU " + cpu).orElse("CPU " + cpu);
    }
}
