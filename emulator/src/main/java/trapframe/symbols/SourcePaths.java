package trapframe.symbols;

import java.util.ArrayList;
import java.util.List;

/** Names of source files, as compilers wrote them down and as people type them. */
final class SourcePaths {
    private SourcePaths() { }

    /** The path without "." and, where that is possible, without "..". */
    static String normal(String path) {
        if (!path.contains("./") && !path.contains("//")) {
            return path;
        }
        List<String> parts = new ArrayList<>();
        for (String part : path.split("/")) {
            if (part.equals("..") && !parts.isEmpty() && !parts.getLast().equals("..")) {
                parts.removeLast();
            } else if (!part.isEmpty() && !part.equals(".")) {
                parts.add(part);
            }
        }
        return (path.startsWith("/") ? "/" : "") + String.join("/", parts);
    }

    /** Whether a path is meant by a name: that of the file alone, or with as many of its folders as are given. */
    static boolean matches(String path, String name) {
        return path.endsWith(name) && (path.length() == name.length() || name.startsWith("/")
                || path.charAt(path.length() - name.length() - 1) == '/');
    }
}
