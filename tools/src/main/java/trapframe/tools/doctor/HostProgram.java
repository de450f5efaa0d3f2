package trapframe.tools.doctor;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A program of the host that Trapframe or its tests call.
 *
 * @param names     by preference; one of them is enough
 * @param purpose   what it is for, to follow "for"
 * @param aptName   its package in Debian and Ubuntu
 * @param brewName  its package in Homebrew
 */
record HostProgram(List<String> names, String purpose, String aptName, String brewName) {
    private static final Pattern VERSION = Pattern.compile("[0-9]+(\\.[0-9]+)+");
    private static final int ANSWER_SECONDS = 10;

    /** @param searchPath folders, as in the environment variable PATH */
    Finding look(String searchPath) {
        for (String name : names) {
            Optional<Path> file = find(name, searchPath);
            if (file.isPresent()) {
                return Finding.present(names.getFirst(), false, purpose, version(file.get()), file.get().toString());
            }
        }
        return Finding.missing(names.getFirst(), false, purpose, howToGet(searchPath));
    }

    private String howToGet(String searchPath) {
        if (find("apt-get", searchPath).isPresent()) {
            return "apt-get install " + aptName;
        }
        if (find("brew", searchPath).isPresent()) {
            return "brew install " + brewName;
        }
        return "install " + names.getFirst();
    }

    static Optional<Path> find(String name, String searchPath) {
        for (String folder : searchPath.split(File.pathSeparator)) {
            Path file = Path.of(folder, name);
            if (!folder.isEmpty() && Files.isExecutable(file) && !Files.isDirectory(file)) {
                return Optional.of(file);
            }
        }
        return Optional.empty();
    }

    private static String version(Path file) {
        try {
            Process process = new ProcessBuilder(file.toString(), "--version").redirectErrorStream(true)
                    .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null"))).start();
            process.onExit().orTimeout(ANSWER_SECONDS, TimeUnit.SECONDS)
                    .exceptionally(late -> process.destroyForcibly());
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            // The numbers in brackets are the packager's: "gcc (Debian 12.2.0-14) 12.2.0".
            Matcher matcher = VERSION.matcher(output.lines().findFirst().orElse("").replaceAll("\\([^)]*\\)", ""));
            return matcher.find() ? matcher.group() : "unknown version";
        } catch (IOException e) {
            return "unknown version";
        }
    }
}
