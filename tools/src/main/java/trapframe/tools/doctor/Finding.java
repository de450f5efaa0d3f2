package trapframe.tools.doctor;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * One thing that Trapframe uses, and how it stands on this machine.
 *
 * @param name     what it is called
 * @param needed   whether nothing boots without it
 * @param purpose  what it is for
 * @param version  when it is there and good enough
 * @param location where it was found, if it was
 * @param remedy   when it is not: what is wrong and what to do, on one line
 */
public record Finding(String name, boolean needed, String purpose, Optional<String> version, Optional<String> location,
                      Optional<String> remedy) {
    static Finding present(String name, boolean needed, String purpose, String version, String location) {
        return new Finding(name, needed, purpose, Optional.of(version), Optional.of(location), Optional.empty());
    }

    static Finding missing(String name, boolean needed, String purpose, String remedy) {
        return new Finding(name, needed, purpose, Optional.empty(), Optional.empty(), Optional.of(remedy));
    }

    public boolean present() {
        return remedy.isEmpty();
    }

    /** For {@code --json}. */
    public Map<String, Object> document() {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("name", name);
        document.put("found", present());
        document.put("needed", needed);
        document.put("purpose", purpose);
        version.ifPresent(text -> document.put("version", text));
        location.ifPresent(text -> document.put("location", text));
        remedy.ifPresent(text -> document.put("remedy", text));
        return document;
    }

    /** For people: one line. */
    public String line() {
        String state = present() ? "ok" : needed ? "MISSING" : "missing";
        String rest = present() ? version.orElseThrow() + ", " + location.orElseThrow()
                : "for " + purpose + ": " + remedy.orElseThrow();
        return pad(state, 9) + pad(name, 20) + rest;
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(1, width - text.length()));
    }
}
