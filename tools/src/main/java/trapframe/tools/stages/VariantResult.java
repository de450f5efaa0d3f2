package trapframe.tools.stages;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import trapframe.harness.Outcome;
import trapframe.tools.ExitCode;

/**
 * What came of a variant.
 *
 * @param stages    those that were run, in order; the one that failed is the last
 * @param failure   what went wrong; empty if all went well
 * @param console   all that the guest showed
 * @param stateHash of the machine at its end; empty if there was none
 * @param recording the file of it
 */
public record VariantResult(String variant, List<StageResult> stages, Optional<Failure> failure, String console, String stateHash,
                            Optional<String> recording) {
    /** What became of a stage. */
    public enum Status {
        RUNNING, OK, FAILED, HANG, LIMIT,
        /** The image does not fit the machine, a drive's file cannot be used, or this computer has too little memory. */
        UNUSABLE,
        /** Trapframe is at fault. */
        ERROR;

        static Status of(Outcome outcome) {
            return switch (outcome) {
                case Outcome.Reached _ -> OK;
                case Outcome.OutOfBudget _ -> LIMIT;
                case Outcome.Hung _ -> HANG;
                case Outcome.OtherLine _, Outcome.FailureShown _, Outcome.Ended _ -> FAILED;
            };
        }

        /** In small letters. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * @param status      what became of it
     * @param virtualNanos how long it took
     */
    public record StageResult(String name, Status status, long virtualNanos) { }

    /**
     * @param headline in one line
     * @param report   in many
     */
    public record Failure(String headline, String report) { }

    /** A variant that could not be run. */
    static VariantResult notRun(String variant, Status status, String why) {
        return new VariantResult(variant, List.of(new StageResult("start", status, 0)), Optional.of(new Failure(why, why)), "", "", Optional.empty());
    }

    /** What became of the whole. */
    public Status status() {
        return failure.isEmpty() ? Status.OK : stages.getLast().status();
    }

    /**
     * The exit code for several: the first of these that one of them has. What was not run makes the others doubtful; a proof says more than a
     * failure, and a failure more than a limit.
     */
    public static int exitCode(List<VariantResult> results) {
        List<Status> all = results.stream().map(VariantResult::status).toList();
        if (all.contains(Status.ERROR)) {
            return ExitCode.INTERNAL_ERROR;
        }
        if (all.contains(Status.UNUSABLE)) {
            return ExitCode.WRONG_USE;
        }
        if (all.contains(Status.HANG)) {
            return ExitCode.HANG;
        }
        if (all.contains(Status.FAILED)) {
            return ExitCode.GUEST_FAILED;
        }
        return all.contains(Status.LIMIT) ? ExitCode.LIMIT : ExitCode.SUCCESS;
    }

    /**
     * Several as JUnit's XML.
     *
     * @param name of the whole
     */
    public static String junitXml(String name, List<VariantResult> results) {
        return JUnitXml.of(name, results);
    }

    /** For programs. */
    public Map<String, Object> document() {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("variant", variant);
        document.put("result", status().word());
        document.put("stages", stages.stream().map(stage -> {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("name", stage.name());
            one.put("result", stage.status().word());
            one.put("virtualNanos", stage.virtualNanos());
            return one;
        }).toList());
        document.put("stateHash", stateHash);
        failure.ifPresent(what -> {
            document.put("message", what.headline());
            document.put("report", what.report().lines().toList());
        });
        recording.ifPresent(file -> document.put("recording", file));
        return document;
    }
}
