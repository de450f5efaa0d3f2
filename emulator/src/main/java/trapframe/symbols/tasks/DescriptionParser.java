package trapframe.symbols.tasks;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import trapframe.symbols.FrameRegisters;
import trapframe.symbols.SymbolsException;
import trapframe.symbols.Type;
import trapframe.symbols.TypeReference;

/** Reads a {@link KernelDescription}: a line has a keyword and what belongs to it, separated by blanks; # begins a comment. */
final class DescriptionParser {
    private static final Pattern FIELD = Pattern.compile("[A-Za-z_]\\w*((\\.|->)[A-Za-z_]\\w*)*");
    private static final Pattern DECLARED = Pattern.compile("u(8|16|32|64)|char\\[([1-9][0-9]{0,3})]|(pointer|string)");
    private static final int MAX_SIZE = 1 << 20;
    private static final Map<String, WaitRule.Kind> WAITS = Map.of("in", WaitRule.Kind.IN, "until", WaitRule.Kind.UNTIL,
            "task", WaitRule.Kind.TASK, "exit", WaitRule.Kind.EXIT);

    private record Line(int number, List<String> words) { }

    private final String source;
    /** Lines by their keyword; only {@code waits}, {@code member} and {@code pool} come more than once. */
    private final Map<String, List<Line>> lines = new TreeMap<>();

    DescriptionParser(String source) {
        this.source = source;
    }

    KernelDescription parse(String text) {
        int number = 0;
        for (String line : text.split("\\R", -1)) {
            number++;
            String content = line.replaceFirst("(^|\\s)#.*", "").strip();
            if (!content.isEmpty()) {
                add(number, List.of(content.split("\\s+")));
            }
        }
        Map<String, Optional<Task.Activity>> meanings = meanings();
        return new KernelDescription(String.join(" ", rest("kernel").orElse(List.of(source))), rest("needs").orElse(List.of()), taskType(),
                table(), rest("current").map(words -> String.join(" ", words)), field("id"), field("name"),
                field("state").orElseThrow(() -> missing("state")), contextWords().map(words -> path(only("context"), words.getFirst())),
                layout(), states(), meanings, waits(), calls(), pools());
    }

    private void add(int number, List<String> words) {
        Line line = new Line(number, words.subList(1, words.size()));
        switch (words.getFirst()) {
            case "kernel", "needs", "task", "tasks", "size", "current", "id", "name", "state", "context", "states", "free", "ready", "running",
                    "exited", "calls" -> {
                if (lines.put(words.getFirst(), List.of(line)) != null) {
                    throw wrong(line, "there is a line \"" + words.getFirst() + "\" already");
                }
            }
            case "waits", "member", "pool" -> lines.computeIfAbsent(words.getFirst(), _ -> new ArrayList<>()).add(line);
            default -> throw wrong(line, "\"" + words.getFirst() + "\" is no keyword");
        }
        if (line.words.isEmpty()) {
            throw wrong(line, "nothing follows \"" + words.getFirst() + "\"");
        }
    }

    private SymbolsException wrong(Line line, String problem) {
        return SymbolsException.of(source, "line " + line.number + ": " + problem);
    }

    private SymbolsException missing(String keyword) {
        return SymbolsException.of(source, "there is no line \"" + keyword + "\"");
    }

    private Line only(String keyword) {
        return lines.get(keyword).getFirst();
    }

    private Optional<List<String>> rest(String keyword) {
        return lines.containsKey(keyword) ? Optional.of(only(keyword).words) : Optional.empty();
    }

    private Optional<List<String>> field(String keyword) {
        return rest(keyword).map(words -> {
            if (words.size() != 1) {
                throw wrong(only(keyword), "one member follows \"" + keyword + "\"");
            }
            return path(only(keyword), words.getFirst());
        });
    }

    private List<String> path(Line line, String word) {
        if (!FIELD.matcher(word).matches()) {
            throw wrong(line, "\"" + word + "\" is no member");
        }
        return List.of(word.split("\\.|->"));
    }

    private long number(Line line, String word, long most) {
        long value;
        try {
            value = Long.decode(word);
        } catch (NumberFormatException e) {
            value = -1;
        }
        if (value < 0 || value > most) {
            throw wrong(line, "\"" + word + "\" is no number from 0 to " + most);
        }
        return value;
    }

    private TaskType taskType() {
        Optional<List<String>> name = rest("task");
        List<Line> members = lines.getOrDefault("member", List.of());
        if (members.isEmpty()) {
            return new TaskType.Named(String.join(" ", name.orElseThrow(() -> missing("task"))));
        }
        if (name.isPresent()) {
            throw wrong(only("task"), "either the debug information has the structure, or \"member\" lays it out");
        }
        Line sizeLine = rest("size").map(_ -> only("size")).orElseThrow(() -> missing("size"));
        long size = number(sizeLine, sizeLine.words.getFirst(), MAX_SIZE);
        List<Type.Member> declared = new ArrayList<>();
        for (Line member : members) {
            declared.add(member(member, size));
        }
        return new TaskType.Declared(new Type.Struct(Type.Kind.STRUCT, Optional.of("task"), size, declared));
    }

    private Type.Member member(Line line, long size) {
        if (line.words.size() != 3) {
            throw wrong(line, "a member has a name, an offset and a type");
        }
        Matcher type = DECLARED.matcher(line.words.get(2));
        if (!type.matches()) {
            throw wrong(line, "a member's type is u8, u16, u32, u64, pointer, string or char[N], not " + line.words.get(2));
        }
        long offset = number(line, line.words.get(1), size);
        Type declared = declared(type);
        if (offset + declared.size() > size) {
            throw wrong(line, "the member ends behind the structure, which has " + size + " bytes");
        }
        return new Type.Member(Optional.of(path(line, line.words.getFirst()).getLast()), TypeReference.to(declared), offset, 0, 0);
    }

    private static Type declared(Matcher type) {
        if (type.group(1) != null) {
            return new Type.Base(type.group(), Integer.parseInt(type.group(1)) / Byte.SIZE, Type.Encoding.UNSIGNED);
        }
        TypeReference character = TypeReference.to(new Type.Base("char", 1, Type.Encoding.CHARACTER));
        return type.group(2) != null ? new Type.Array(character, Long.parseLong(type.group(2))) : new Type.Pointer(character, Long.BYTES);
    }

    private TaskTable table() {
        Line line = rest("tasks").map(_ -> only("tasks")).orElseThrow(() -> missing("tasks"));
        List<String> words = new ArrayList<>(line.words.subList(1, line.words.size()));
        return switch (line.words.getFirst()) {
            case "array" -> {
                OptionalLong count = count(line, words);
                yield new TaskTable.Array(expression(line, words), count);
            }
            case "pointers" -> {
                OptionalLong count = count(line, words);
                yield new TaskTable.Pointers(expression(line, words), count);
            }
            case "list" -> {
                Optional<List<String>> inside = takeLast(words, "in").map(word -> path(line, word));
                List<String> next = path(line, takeLast(words, "next").orElseThrow(() -> wrong(line, "a list needs \"next\" and a member")));
                yield new TaskTable.Linked(expression(line, words), next, inside);
            }
            default -> throw wrong(line, "tasks are in an \"array\", in an array of \"pointers\" or in a \"list\"");
        };
    }

    private OptionalLong count(Line line, List<String> words) {
        Optional<String> word = takeLast(words, "count");
        return word.isPresent() ? OptionalLong.of(number(line, word.get(), TaskReader.MAX_TASKS)) : OptionalLong.empty();
    }

    /** Takes a keyword and the word behind it from the end. */
    private static Optional<String> takeLast(List<String> words, String keyword) {
        if (words.size() < 2 || !words.get(words.size() - 2).equals(keyword)) {
            return Optional.empty();
        }
        String word = words.removeLast();
        words.removeLast();
        return Optional.of(word);
    }

    private String expression(Line line, List<String> words) {
        if (words.isEmpty()) {
            throw wrong(line, "there is no expression that says where the tasks are");
        }
        return String.join(" ", words);
    }

    private Optional<List<String>> contextWords() {
        Optional<List<String>> words = rest("context");
        if (words.isPresent() && words.get().size() > 1 && (!words.get().get(1).equals("as") || words.get().size() == 2)) {
            throw wrong(only("context"), "a member follows \"context\", and then nothing, or \"as\" and registers");
        }
        return words;
    }

    private List<String> layout() {
        List<String> words = contextWords().orElse(List.of());
        List<String> registers = words.size() > 2 ? words.subList(2, words.size()) : List.of();
        for (String register : registers) {
            if (!register.equals("-") && !FrameRegisters.isName(register)) {
                throw wrong(only("context"), "\"" + register + "\" is no register (\"-\" is a word that holds none)");
            }
        }
        if (!registers.isEmpty() && registers.stream().noneMatch(FrameRegisters::isInstructionPointer)) {
            throw wrong(only("context"), "rip is not among the registers");
        }
        return registers;
    }

    private Map<Long, String> states() {
        Map<Long, String> states = new TreeMap<>();
        for (String word : rest("states").orElse(List.of())) {
            int equals = word.indexOf('=');
            if (equals < 1 || equals == word.length() - 1) {
                throw wrong(only("states"), "\"" + word + "\" is not VALUE=NAME");
            }
            states.put(number(only("states"), word.substring(0, equals), Long.MAX_VALUE), word.substring(equals + 1));
        }
        return states;
    }

    private Map<String, Optional<Task.Activity>> meanings() {
        Map<String, Optional<Task.Activity>> meanings = new TreeMap<>();
        mean("free", Optional.empty(), meanings);
        mean("ready", Optional.of(Task.Activity.READY), meanings);
        mean("running", Optional.of(Task.Activity.RUNNING), meanings);
        mean("exited", Optional.of(Task.Activity.EXITED), meanings);
        return meanings;
    }

    private void mean(String keyword, Optional<Task.Activity> meaning, Map<String, Optional<Task.Activity>> meanings) {
        for (String state : rest(keyword).orElse(List.of())) {
            if (meanings.put(state, meaning) != null) {
                throw wrong(only(keyword), "the state " + state + " has a meaning already");
            }
        }
    }

    private List<WaitRule> waits() {
        List<WaitRule> rules = new ArrayList<>();
        for (Line line : lines.getOrDefault("waits", List.of())) {
            List<String> words = new ArrayList<>(line.words);
            Optional<List<String>> named = takeLast(words, "named").map(word -> path(line, word));
            WaitRule.Kind kind = words.size() > 2 ? WAITS.get(words.get(words.size() - 2)) : null;
            if (kind == null || named.isPresent() && kind != WaitRule.Kind.IN) {
                throw wrong(line, "states follow \"waits\", and then: in MEMBER [named MEMBER], until MEMBER, task MEMBER or exit MEMBER");
            }
            rules.add(new WaitRule(new TreeSet<>(words.subList(0, words.size() - 2)), kind, path(line, words.getLast()), named));
        }
        return rules;
    }

    private Optional<CallRule> calls() {
        if (!lines.containsKey("calls")) {
            return Optional.empty();
        }
        List<String> registers = new ArrayList<>(only("calls").words);
        Optional<String> named = takeLast(registers, "named");
        for (String register : registers) {
            if (!FrameRegisters.isName(register)) {
                throw wrong(only("calls"), "\"" + register + "\" is no register");
            }
        }
        if (registers.isEmpty()) {
            throw wrong(only("calls"), "there is no register that has the number");
        }
        return Optional.of(new CallRule(List.copyOf(registers), named));
    }

    private List<Pool> pools() {
        List<Pool> pools = new ArrayList<>();
        for (Line line : lines.getOrDefault("pool", List.of())) {
            List<String> words = new ArrayList<>(line.words);
            Optional<String> limit = takeLast(words, "of");
            if (words.size() != 2) {
                throw wrong(line, "a name and an expression follow \"pool\", and then nothing, or \"of\" and another one");
            }
            pools.add(new Pool(words.getFirst(), words.getLast(), limit));
        }
        return pools;
    }
}
