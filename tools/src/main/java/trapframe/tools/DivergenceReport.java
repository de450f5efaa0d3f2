package trapframe.tools;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import trapframe.timeline.Divergence;
import trapframe.timeline.FirstDifference;
import trapframe.timeline.StateDifference;

/** What is said of a replay that is another run than the recorded one. */
record DivergenceReport(Divergence divergence) {
    /** Differences behind the first instruction that get a line each. */
    private static final int MOST_LINES = 12;

    /** For people. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        String parts = divergence.parts().isEmpty() ? "" : " (" + String.join(", ", divergence.parts()) + ")";
        lines.add("the replay is not the recorded run: up to position " + divergence.from() + " they are the same, at "
                + divergence.position() + " they are not" + parts);
        switch (divergence.cause()) {
            case Divergence.Found(FirstDifference first) -> instruction(lines, first, "recorded");
            case Divergence.Unsteady(FirstDifference first) -> {
                lines.add("two replays of that stretch differ from the recording, and from each other");
                instruction(lines, first, "in the other");
            }
            case Divergence.NotAgain(List<StateDifference> differences) -> {
                lines.add("two more replays of that stretch were as recorded: what differed at the end of the first one was");
                values(lines, differences, "recorded");
            }
            case Divergence.OnlyHashes() -> lines.add("two more replays of that stretch ended in the same other state: of the recorded one"
                    + " only the hash is known, so that the first instruction cannot be told");
        }
        return lines;
    }

    private static void instruction(List<String> lines, FirstDifference first, String other) {
        lines.add("first difference: position " + first.position() + ", CPU " + first.cpu() + ", " + PlantedFaultOption.hex(first.rip())
                + ": " + first.instruction());
        values(lines, first.differences(), other);
    }

    private static void values(List<String> lines, List<StateDifference> differences, String other) {
        for (StateDifference difference : differences.subList(0, Math.min(MOST_LINES, differences.size()))) {
            lines.add(difference.place() + ": " + difference.one() + " here, " + difference.other() + " " + other);
        }
        if (differences.size() > MOST_LINES) {
            lines.add("and " + (differences.size() - MOST_LINES) + " more");
        }
    }

    /** For programs. */
    Map<String, Object> document() {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("replay", "diverged");
        document.put("exitCode", ExitCode.DIVERGED);
        document.put("message", lines().getFirst());
        document.put("sameUpTo", divergence.from());
        document.put("position", divergence.position());
        document.put("parts", divergence.parts());
        switch (divergence.cause()) {
            case Divergence.Found(FirstDifference first) -> put(document, "found", first);
            case Divergence.Unsteady(FirstDifference first) -> put(document, "unsteady", first);
            case Divergence.NotAgain(List<StateDifference> differences) -> {
                document.put("cause", "not-again");
                document.put("differences", values(differences));
            }
            case Divergence.OnlyHashes() -> document.put("cause", "only-hashes");
        }
        return document;
    }

    private static void put(Map<String, Object> document, String cause, FirstDifference first) {
        document.put("cause", cause);
        Map<String, Object> instruction = new LinkedHashMap<>();
        instruction.put("position", first.position());
        instruction.put("cpu", first.cpu());
        instruction.put("address", PlantedFaultOption.hex(first.rip()));
        instruction.put("text", first.instruction());
        document.put("instruction", instruction);
        document.put("differences", values(first.differences()));
    }

    private static List<Map<String, String>> values(List<StateDifference> differences) {
        return differences.stream().map(difference -> {
            Map<String, String> values = new LinkedHashMap<>();
            values.put("place", difference.place());
            values.put("here", difference.one());
            values.put("other", difference.other());
            return values;
        }).toList();
    }
}
