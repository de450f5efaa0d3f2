package trapframe.tools;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import trapframe.tools.doctor.Examination;
import trapframe.tools.doctor.Finding;

/** {@code trapframe doctor}: what this machine has of what Trapframe uses. */
@Command(name = "doctor",
        description = "Shows what was found on this machine, and how to get what is missing.",
        footer = {"", "The exit code is 0 when kernels can be booted here.", "", "Example: trapframe doctor --json"})
final class DoctorCommand implements Callable<Integer> {
    @Option(names = "--json", description = "Prints one JSON document.")
    private boolean json;

    @Mixin
    private HelpOption help;

    @Override
    public Integer call() {
        List<Finding> findings = Examination.examine(Project.bundledKernel());
        boolean canBoot = findings.stream().allMatch(finding -> finding.present() || !finding.needed());
        if (json) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("canBoot", canBoot);
            document.put("findings", findings.stream().map(Finding::document).toList());
            Json.print(document);
        } else {
            findings.forEach(finding -> System.out.println(finding.line()));
        }
        return canBoot ? ExitCode.SUCCESS : ExitCode.WRONG_USE;
    }
}
