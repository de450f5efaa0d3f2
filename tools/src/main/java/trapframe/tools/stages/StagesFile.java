package trapframe.tools.stages;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlParseError;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlTable;
import trapframe.tools.UserError;

/** Reads a file of stages: TOML 1.0, in UTF-8. docs/testing-your-kernel.md has the format. */
public final class StagesFile {
    private static final long MOST_BYTES = 1 << 20;
    private static final int MOST_VARIANTS = 1000;

    private final Path file;
    private final List<Problem> problems = new ArrayList<>();

    private StagesFile(Path file) {
        this.file = file;
    }

    /** What a file says, or what is wrong with it: one of the two lists is empty. */
    public record Read(List<Variant> variants, List<Problem> problems) { }

    /**
     * Reads a file, and opens the images that it names.
     *
     * @param bundled the kernel that is booted where no image is named
     * @throws UserError if there is no such file
     */
    public static Read read(Path file, Path bundled) {
        return new StagesFile(file).read(content(file), bundled);
    }

    private static String content(Path file) {
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw new UserError(file + ": is too large for a file of stages");
            }
            return Files.readString(file);
        } catch (NoSuchFileException e) {
            throw new UserError(file + ": no such file");
        } catch (IOException e) {
            throw new UserError(file + ": cannot be read" + (Files.isDirectory(file) ? ": is a directory" : " as text in UTF-8"));
        }
    }

    private Read read(String content, Path bundled) {
        List<Variant> variants = new ArrayList<>();
        Optional<TomlTable> parsed = parse(content);
        if (parsed.isPresent()) {
            Fields top = new Fields(parsed.get(), 1, problems);
            top.only(with(VariantReader.KEYS, "stage", "matrix", "variant"));
            List<Combination> combinations = matrix(top);
            VariantReader reader = new VariantReader(file.toAbsolutePath().getParent(), bundled, problems);
            List<Fields> named = top.tables("variant");
            if (named.isEmpty()) {
                combinations.forEach(one -> reader.read(one.over(top), one.name("")).ifPresent(variants::add));
            }
            for (Fields variant : named) {
                variant.only(with(VariantReader.KEYS, "name"));
                String name = variant.text("name").orElse("");
                if (name.isEmpty()) {
                    variant.problem("name", "a variant needs a name");
                }
                combinations.forEach(one -> reader.read(one.over(top.with(variant)), one.name(name)).ifPresent(variants::add));
            }
            checkNames(variants);
        }
        Collections.sort(problems);
        return new Read(problems.isEmpty() ? variants : List.of(), problems.stream().distinct().toList());
    }

    /** The file as a table; empty if it is none, which is then among the problems. */
    private Optional<TomlTable> parse(String content) {
        try {
            TomlParseResult parsed = Toml.parse(content);
            parsed.errors().forEach(this::add);
            return parsed.hasErrors() ? Optional.empty() : Optional.of(parsed);
        } catch (TomlParseError error) {
            // Some errors inside keys the parser throws instead of collecting them.
            add(error);
            return Optional.empty();
        }
    }

    private void add(TomlParseError error) {
        problems.add(new Problem(error.position().line(), error.getMessage()));
    }

    private static String[] with(List<String> keys, String... more) {
        List<String> all = new ArrayList<>(keys);
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    private void checkNames(List<Variant> variants) {
        TreeSet<String> names = new TreeSet<>();
        variants.stream().map(Variant::name).filter(name -> !names.add(name)).distinct()
                .forEach(name -> problems.add(new Problem(0, "two variants are called " + name)));
    }

    /** Values of the matrix, one for each of its keys, with the lines that they are on. */
    private record Combination(List<String> keys, List<Object> values, List<Integer> lines) {
        Combination with(String key, Object value, int line) {
            return new Combination(longer(keys, key), longer(values, value), longer(lines, line));
        }

        private static <T> List<T> longer(List<T> list, T more) {
            return Stream.concat(list.stream(), Stream.of(more)).toList();
        }

        Fields over(Fields fields) {
            Fields all = fields;
            for (int i = 0; i < keys.size(); i++) {
                all = all.with(keys.get(i), values.get(i), lines.get(i));
            }
            return all;
        }

        String name(String variant) {
            return Stream.concat(Stream.of(variant), IntStream.range(0, keys.size()).mapToObj(i -> keys.get(i) + "=" + words(values.get(i))))
                    .filter(part -> !part.isEmpty()).collect(Collectors.joining(" "));
        }

        private static String words(Object value) {
            return switch (value) {
                case String text -> '"' + text + '"';
                case TomlArray array -> array.toList().stream().map(Combination::words).collect(Collectors.joining(",", "[", "]"));
                default -> value.toString();
            };
        }
    }

    /** Every combination of the values in the matrix; one without any if there is none. */
    private List<Combination> matrix(Fields top) {
        List<Combination> rows = new ArrayList<>(List.of(new Combination(List.of(), List.of(), List.of())));
        TomlTable table = top.table("matrix").orElse(null);
        if (table == null) {
            return rows;
        }
        Fields matrix = new Fields(table, top.line("matrix"), problems);
        matrix.only(VariantReader.KEYS.toArray(String[]::new));
        for (String key : VariantReader.KEYS) {
            if (!matrix.has(key)) {
                continue;
            }
            if (!(matrix.any(key).orElseThrow() instanceof TomlArray values) || values.isEmpty()) {
                matrix.problem(key, key + " must be a list of the values that it takes");
                continue;
            }
            if ((long) rows.size() * values.size() > MOST_VARIANTS) {
                matrix.problem(key, "the matrix has more than " + MOST_VARIANTS + " combinations");
                return List.of();
            }
            List<Combination> before = rows;
            rows = IntStream.range(0, before.size() * values.size()).mapToObj(i -> before.get(i / values.size())
                    .with(key, values.get(i % values.size()), values.inputPositionOf(i % values.size()).line())).toList();
        }
        return rows;
    }
}
