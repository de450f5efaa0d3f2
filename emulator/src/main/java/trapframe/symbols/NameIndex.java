package trapframe.symbols;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where the entries of variables, functions and types are, by name. It is made when the first name is asked for, in one walk over all
 * units, and of types that are defined in many units only the first one is remembered. What is local to a function is not in it.
 */
final class NameIndex {
    private static final int MAX_NAMES = 8 << 20;

    private final Units units;
    private final List<Long> allVariables = new ArrayList<>();
    private final Map<String, List<Long>> variables = new HashMap<>();
    private final Map<String, List<Long>> functions = new HashMap<>();
    /** Variables that are declared, but have no place that an entry would tell. */
    private final Map<String, Long> declarations = new HashMap<>();
    private final Map<String, Long> types = new HashMap<>();
    /** Names of types that are known already, by where they are in the section of names. */
    private final Map<Long, Boolean> seen = new HashMap<>();
    private boolean made;
    private int count;

    NameIndex(Units units) {
        this.units = units;
    }

    private void make() {
        if (!made) {
            for (Unit unit : units.all()) {
                read(unit);
                unit.forget();
            }
            seen.clear();
            made = true;
        }
    }

    private void read(Unit unit) {
        EntryReader entry = unit.reader();
        entry.next();
        Deque<String> path = new ArrayDeque<>();
        while (!entry.atEnd()) {
            if (!entry.next()) {
                path.pollLast();
            } else if (entry.tag() == Dw.TAG_NAMESPACE && entry.hasChildren()) {
                String name = entry.text(Dw.AT_NAME);
                path.addLast((path.isEmpty() ? "" : path.peekLast()) + (name == null ? "" : name + "::"));
            } else {
                note(entry, path.isEmpty() ? "" : path.peekLast());
                entry.skipChildren();
            }
        }
    }

    private void note(EntryReader entry, String path) {
        switch (entry.tag()) {
            case Dw.TAG_VARIABLE -> {
                if (entry.has(Dw.AT_LOCATION)) {
                    allVariables.add(entry.offset());
                    add(variables, entry, path);
                } else if (path.isEmpty()) {
                    addOnce(declarations, entry, "", path);
                }
            }
            case Dw.TAG_SUBPROGRAM -> {
                if (entry.hasChildren() || entry.has(Dw.AT_LOW_PC)) {
                    add(functions, entry, path);
                }
            }
            default -> {
                String group = group(entry.tag());
                if (group != null && !entry.flag(Dw.AT_DECLARATION)) {
                    addOnce(types, entry, group, path);
                }
            }
        }
    }

    private void add(Map<String, List<Long>> names, EntryReader entry, String path) {
        long offset = entry.offset();
        String name = Functions.name(units, entry);
        if (name != null) {
            counted();
            names.computeIfAbsent(name, key -> new ArrayList<>(1)).add(offset);
            if (!path.isEmpty()) {
                names.computeIfAbsent(path + name, key -> new ArrayList<>(1)).add(offset);
            }
        }
    }

    private void addOnce(Map<String, Long> names, EntryReader entry, String group, String path) {
        if (!entry.has(Dw.AT_NAME)) {
            return;
        }
        int kind = names == declarations ? group.length() + 1 : group.length();
        if (path.isEmpty() && entry.form(Dw.AT_NAME) == Dw.FORM_STRP
                && seen.putIfAbsent(entry.number(Dw.AT_NAME, 0) << 3 | kind & 7, true) != null) {
            return;
        }
        String name = entry.text(Dw.AT_NAME);
        if (name != null) {
            counted();
            names.putIfAbsent(group + name, entry.offset());
            if (!path.isEmpty()) {
                names.putIfAbsent(group + path + name, entry.offset());
            }
        }
    }

    private void counted() {
        if (++count > MAX_NAMES) {
            throw new SymbolsException("the debug information has more than " + MAX_NAMES + " names");
        }
    }

    /** Structures, unions and enumerations have name spaces of their own in C's eyes, or at least words to tell them. */
    private static String group(int tag) {
        return switch (tag) {
            case Dw.TAG_STRUCTURE_TYPE, Dw.TAG_CLASS_TYPE -> "struct ";
            case Dw.TAG_UNION_TYPE -> "union ";
            case Dw.TAG_ENUMERATION_TYPE -> "enum ";
            case Dw.TAG_TYPEDEF, Dw.TAG_BASE_TYPE, Dw.TAG_UNSPECIFIED_TYPE -> "";
            default -> null;
        };
    }

    /** The definition of a type of a kind of entries. */
    Optional<Long> type(int tag, String name) {
        make();
        String group = group(tag);
        return group == null ? Optional.empty() : Optional.ofNullable(types.get(group + name));
    }

    /** A type as C calls it: with its word {@code struct}, {@code union} or {@code enum}, or as C++ and Rust do, without. */
    Optional<Long> type(String name) {
        make();
        String known = name.startsWith("class ") ? "struct " + name.substring("class ".length()) : name;
        for (String group : new String[] {"", "struct ", "union ", "enum "}) {
            Long offset = types.get(group + known);
            if (offset != null) {
                return Optional.of(offset);
            }
        }
        return Optional.empty();
    }

    /** The entries of all variables that have a place. */
    List<Long> variables() {
        make();
        return allVariables;
    }

    /** The entries of variables of a name, all of which have a place. */
    List<Long> variables(String name) {
        make();
        return variables.getOrDefault(name, List.of());
    }

    /** The entry of a variable that none of {@link #variables} describes. */
    Optional<Long> declaration(String name) {
        make();
        return Optional.ofNullable(declarations.get(name));
    }

    List<Long> functions(String name) {
        make();
        return functions.getOrDefault(name, List.of());
    }
}
