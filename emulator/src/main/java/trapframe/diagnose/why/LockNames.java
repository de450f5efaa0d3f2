package trapframe.diagnose.why;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import trapframe.symbols.DataPath;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.SourceFrame;

/** What kernels call their locks, and the functions and files of those. */
final class LockNames {
    /** Neither clocks nor blocks are locks. */
    private static final Pattern FUNCTION = Pattern.compile("(?<![bc])lock|mutex|acquire|release|xchg|test_and_set", Pattern.CASE_INSENSITIVE);
    private static final Pattern FILE = Pattern.compile("((?<![bc])lock|mutex|sema|wait|sync|atomic)[^/]*$", Pattern.CASE_INSENSITIVE);
    private static final Pattern DATA = Pattern.compile("(?<![bc])lock|mutex", Pattern.CASE_INSENSITIVE);

    private LockNames() { }

    /** Whether a function does no more than to take or release a lock for others, by its name or that of its file. */
    static boolean isOfLock(SourceFrame frame) {
        return FUNCTION.matcher(frame.function()).find() || frame.line().filter(line -> FILE.matcher(line.file()).find()).isPresent();
    }

    /** The same place, without the functions of locks that were inlined there. */
    static Place wanting(Place place) {
        List<SourceFrame> source = place.source();
        return new Place(place.address(), place.symbol(), source.stream().allMatch(LockNames::isOfLock) ? source
                : source.stream().dropWhile(LockNames::isOfLock).toList());
    }

    /** The lock as a whole that a word belongs to: the innermost part with a name of a lock, else the variable or structure around the word. */
    static Optional<String> of(long linear, KernelSymbols symbols) {
        return symbols.dataAt(linear).map(LockNames::whole).or(() -> symbols.symbolAt(linear).map(symbol -> symbol.name()));
    }

    static String whole(DataPath path) {
        List<DataPath.Part> parts = path.parts();
        return parts.reversed().stream().map(DataPath.Part::name).filter(name -> DATA.matcher(member(name)).find()).findFirst()
                .orElseGet(() -> parts.get(Math.max(0, parts.size() - (member(path.toString()).equals(path.toString()) ? 1 : 2))).name());
    }

    private static String member(String name) {
        return name.substring(name.lastIndexOf('.') + 1);
    }
}
