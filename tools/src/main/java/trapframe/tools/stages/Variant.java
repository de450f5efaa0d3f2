package trapframe.tools.stages;

import java.util.List;
import java.util.Optional;
import trapframe.harness.Setup;
import trapframe.harness.Stage;

/**
 * One boot of a file of stages.
 *
 * @param name  that no other one has
 * @param setup what is booted
 * @param end   how it has to end; empty if it is left at the end of the last stage
 */
public record Variant(String name, Setup setup, List<Stage> stages, Optional<ExpectedEnd> end) { }
