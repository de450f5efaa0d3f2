package trapframe.tools.stages;

import java.util.List;
import trapframe.harness.Amount;

/**
 * Results as JUnit's XML, which servers for tests read: a suite for each variant, a case for each stage. Times are virtual, so that two runs of the
 * same file give the same bytes.
 */
final class JUnitXml {
    private final StringBuilder text = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");

    private JUnitXml() { }

    static String of(String name, List<VariantResult> results) {
        return new JUnitXml().write(name, results);
    }

    private String write(String name, List<VariantResult> results) {
        long cases = results.stream().mapToLong(result -> result.stages().size()).sum();
        text.append("<testsuites name=\"").append(escaped(name)).append("\" ").append(counts(cases, results)).append(">\n");
        results.forEach(this::suite);
        return text.append("</testsuites>\n").toString();
    }

    private static String counts(long cases, List<VariantResult> results) {
        long errors = results.stream().filter(result -> isError(result.status())).count();
        long failures = results.stream().filter(result -> result.failure().isPresent()).count() - errors;
        long nanos = results.stream().flatMap(result -> result.stages().stream()).mapToLong(VariantResult.StageResult::virtualNanos).sum();
        return "tests=\"" + cases + "\" failures=\"" + failures + "\" errors=\"" + errors + "\" time=\"" + Amount.seconds(nanos) + "\"";
    }

    private static boolean isError(VariantResult.Status status) {
        return status == VariantResult.Status.ERROR || status == VariantResult.Status.UNUSABLE;
    }

    private void suite(VariantResult result) {
        text.append("  <testsuite name=\"").append(escaped(result.variant())).append("\" ").append(counts(result.stages().size(), List.of(result)))
                .append(">\n");
        for (VariantResult.StageResult stage : result.stages()) {
            text.append("    <testcase classname=\"").append(escaped(result.variant())).append("\" name=\"").append(escaped(stage.name()))
                    .append("\" time=\"").append(Amount.seconds(stage.virtualNanos())).append('"');
            if (stage.status() == VariantResult.Status.OK) {
                text.append("/>\n");
            } else {
                failure(result, stage.status());
            }
        }
        text.append("    <system-out>").append(escaped(result.console())).append("</system-out>\n  </testsuite>\n");
    }

    private void failure(VariantResult result, VariantResult.Status status) {
        String element = isError(status) ? "error" : "failure";
        VariantResult.Failure failure = result.failure().orElseThrow();
        text.append(">\n      <").append(element).append(" type=\"").append(status.word()).append("\" message=\"").append(escaped(failure.headline()))
                .append("\">").append(escaped(failure.report())).append("</").append(element).append(">\n    </testcase>\n");
    }

    /** Text of a guest: what XML 1.0 (2.2) does not allow, a guest's console may still show. */
    private static String escaped(String raw) {
        StringBuilder escaped = new StringBuilder();
        raw.codePoints().forEach(character -> {
            switch (character) {
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '&' -> escaped.append("&amp;");
                case '"' -> escaped.append("&quot;");
                case '\n', '\t' -> escaped.appendCodePoint(character);
                case '\r' -> escaped.append("&#13;");
                default -> {
                    boolean allowed = character >= 0x20 && character <= 0xd7ff || character >= 0xe000 && character <= 0xfffd || character >= 0x10000;
                    escaped.appendCodePoint(allowed ? character : 0xfffd);
                }
            }
        });
        return escaped.toString();
    }
}
