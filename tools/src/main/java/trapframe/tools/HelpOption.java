package trapframe.tools;

import picocli.CommandLine.Option;

/** {@code --help}, the same for every command. */
public final class HelpOption {
    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Shows this help.")
    private boolean requested;
}
