package trapframe.gdb;

/**
 * What {@code vCont} says that each thread is to do: the first action that names it, or names none. The machine moves as a whole, so
 * that a step of one CPU is what counts, and all others take their turns.
 */
final class Actions {
    private final Resume step;

    private Actions(Resume step) {
        this.step = step;
    }

    static Actions parse(String text, int cpus) {
        Resume step = null;
        for (String action : text.split(";", -1)) {
            int colon = action.indexOf(':');
            String what = colon < 0 ? action : action.substring(0, colon);
            int cpu = colon < 0 ? -1 : cpu(action.substring(colon + 1), cpus);
            if (what.isEmpty()) {
                throw new RefusedException("no action");
            }
            switch (what.charAt(0)) {
                case 'c', 'C' -> { }
                case 's', 'S' -> step = step != null ? step : new Resume.Step(cpu);
                case 'r' -> step = step != null ? step : range(what.substring(1), cpu);
                default -> throw new RefusedException("no such action: " + what.charAt(0));
            }
        }
        return new Actions(step);
    }

    private static int cpu(String thread, int cpus) {
        if (thread.equals("-1") || thread.equals("0")) {
            return -1;
        }
        long number = Packet.number(thread) - 1;
        if (number < 0 || number >= cpus) {
            throw new RefusedException("no such CPU: thread " + thread);
        }
        return (int) number;
    }

    private static Resume range(String text, int cpu) {
        int comma = text.indexOf(',');
        if (comma < 0) {
            throw new RefusedException("a range needs two addresses");
        }
        return new Resume.StepRange(cpu, Packet.number(text.substring(0, comma)), Packet.number(text.substring(comma + 1)));
    }

    /** @param chosen the CPU of a step that names none */
    Resume orElse(int chosen) {
        return switch (step) {
            case null -> new Resume.Continue();
            case Resume.Step(int cpu) when cpu < 0 -> new Resume.Step(chosen);
            case Resume.StepRange(int cpu, long start, long end) when cpu < 0 -> new Resume.StepRange(chosen, start, end);
            default -> step;
        };
    }
}
