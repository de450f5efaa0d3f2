package trapframe.tools.stages;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.tomlj.TomlArray;
import org.tomlj.TomlTable;
import trapframe.boot.BootException;
import trapframe.symbols.SymbolsException;

/** A table of a file of stages, whose values are asked for by name and type; what is wrong with them is collected with its line. */
final class Fields {
    private final SortedMap<String, Object> values = new TreeMap<>();
    private final SortedMap<String, Integer> lines = new TreeMap<>();
    private final int line;
    private final List<Problem> problems;

    /** @param line where the table begins */
    Fields(TomlTable table, int line, List<Problem> problems) {
        this(line, problems);
        for (String key : table.keySet()) {
            values.put(key, table.get(List.of(key)));
            lines.put(key, table.inputPositionOf(List.of(key)).line());
        }
    }

    private Fields(int line, List<Problem> problems) {
        this.line = line;
        this.problems = problems;
    }

    /** This table, with values of another one instead of its own. */
    Fields with(Fields other) {
        Fields both = new Fields(other.line, problems);
        both.values.putAll(values);
        both.values.putAll(other.values);
        both.lines.putAll(lines);
        both.lines.putAll(other.lines);
        return both;
    }

    /** This table, with one other value. */
    Fields with(String key, Object value, int itsLine) {
        Fields one = new Fields(line, problems);
        one.values.put(key, value);
        one.lines.put(key, itsLine);
        return with(one);
    }

    /** The line of a value, or of the table if there is no such value. */
    int line(String key) {
        return lines.getOrDefault(key, line);
    }

    boolean has(String key) {
        return values.containsKey(key);
    }

    void problem(String key, String message) {
        problems.add(new Problem(line(key), message));
    }

    /** Complains about what is there and not among these names. */
    void only(String... known) {
        List<String> names = List.of(known);
        for (String key : values.keySet()) {
            if (!names.contains(key)) {
                problem(key, "unknown key " + key + "; known are " + String.join(", ", names));
            }
        }
    }

    private <T> Optional<T> value(String key, Class<T> type, String words) {
        Object value = values.get(key);
        if (value == null) {
            return Optional.empty();
        }
        if (!type.isInstance(value)) {
            problem(key, key + " must be " + words);
            return Optional.empty();
        }
        return Optional.of(type.cast(value));
    }

    Optional<String> text(String key) {
        return value(key, String.class, "a text");
    }

    /** A text that is read further; what is wrong with it is a problem of its line. */
    <T> Optional<T> text(String key, Function<String, T> reader) {
        return text(key).flatMap(text -> read(key, () -> reader.apply(text)));
    }

    Optional<Long> number(String key, long least, long most) {
        return value(key, Long.class, "a whole number").filter(number -> {
            boolean fits = number >= least && number <= most;
            if (!fits) {
                problem(key, key + " must be " + least + " to " + most + ", not " + number);
            }
            return fits;
        });
    }

    /** A list of texts; one text is a list as well. */
    List<String> texts(String key) {
        if (values.get(key) instanceof String text) {
            return List.of(text);
        }
        Optional<TomlArray> array = value(key, TomlArray.class, "a text or a list of texts");
        List<String> texts = new ArrayList<>();
        array.ifPresent(values -> values.toList().forEach(value -> {
            if (value instanceof String text) {
                texts.add(text);
            } else {
                problem(key, key + " must be a text or a list of texts");
            }
        }));
        return texts;
    }

    Optional<Object> any(String key) {
        return Optional.ofNullable(values.get(key));
    }

    /** The tables of {@code [[key]]}. */
    List<Fields> tables(String key) {
        List<Fields> tables = new ArrayList<>();
        value(key, TomlArray.class, "tables, each headed [[" + key + "]]").ifPresent(array -> {
            for (int i = 0; i < array.size(); i++) {
                if (array.get(i) instanceof TomlTable inner) {
                    tables.add(new Fields(inner, array.inputPositionOf(i).line(), problems));
                } else {
                    problem(key, key + " must be tables, each headed [[" + key + "]]");
                }
            }
        });
        return tables;
    }

    /** The table of {@code [key]}. */
    Optional<TomlTable> table(String key) {
        return value(key, TomlTable.class, "a table, headed [" + key + "]");
    }

    /** Does something with a value; an argument that is wrong, or a file that cannot be used, is a problem of the value's line. */
    <T> Optional<T> read(String key, Supplier<T> reader) {
        try {
            return Optional.of(reader.get());
        } catch (IllegalArgumentException | BootException | SymbolsException e) {
            problem(key, e.getMessage());
            return Optional.empty();
        }
    }
}
