package trapframe.diagnose.locks;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Which locks were taken while which others were held, and the cycles in that. Each lock counts for itself, not for its kind. */
final class LockOrder {
    /** In a cycle of more locks nobody sees anything. */
    private static final int LONGEST = 8;
    /** Code is the same if so many functions are, from the innermost outwards. */
    private static final int FRAMES = 3;

    /** All times that one lock was taken while another one was held. */
    private static final class Edge {
        final Prediction.Order example;
        /** The contexts in which that happened: the first, and -1 if there are more. */
        int context;
        /** What was held each time besides, by address. */
        final Set<Long> gates = new TreeSet<>();

        Edge(Prediction.Order example, int context) {
            this.example = example;
            this.context = context;
        }
    }

    private static final Map<Long, Edge> NONE = Collections.emptyMap();

    /** By the address of the lock that was held, and that of the one that was taken. */
    private final Map<Long, Map<Long, Edge>> edges = new TreeMap<>();

    /** Whether this is the first time; if it is not, it is counted. */
    boolean isNew(Lock first, Lock second, Context context) {
        Edge edge = edges.getOrDefault(first.address(), NONE).get(second.address());
        if (edge == null || edge.example.first() != first || edge.example.second() != second) {
            return true;
        }
        edge.context = edge.context == context.number() ? edge.context : -1;
        Set<Long> held = new TreeSet<>();
        context.holds().forEach(hold -> held.add(hold.lock().address()));
        edge.gates.retainAll(held);
        return false;
    }

    /** @param held all that is held, the first one too */
    void add(Prediction.Order order, Context context, Collection<Hold> held) {
        Edge edge = new Edge(order, context.number());
        held.stream().filter(hold -> hold.lock() != order.first()).forEach(hold -> edge.gates.add(hold.lock().address()));
        edges.computeIfAbsent(order.first().address(), _ -> new TreeMap<>()).put(order.second().address(), edge);
    }

    /** The cycles, each once: for each order against which there is a way back, the shortest one. Of those of the same code one stands for all. */
    List<Prediction.Cycle> cycles() {
        Map<String, Prediction.Cycle> cycles = new TreeMap<>();
        Set<String> seen = new TreeSet<>();
        for (Map<Long, Edge> each : edges.values()) {
            for (Edge edge : each.values()) {
                List<Edge> cycle = isProved(edge) ? back(edge) : List.of();
                String locks = cycle.stream().map(part -> part.example.first().address()).sorted().toList().toString();
                if (!cycle.isEmpty() && seen.add(locks) && !isGuarded(cycle)) {
                    int context = cycle.getFirst().context;
                    boolean byOne = cycle.stream().allMatch(part -> part.context == context);
                    cycles.merge(code(cycle), new Prediction.Cycle(cycle.stream().map(part -> part.example).toList(), byOne ? context : -1, 1),
                            (one, other) -> new Prediction.Cycle(one.orders(), one.onlyBy(), one.alike() + 1));
                }
            }
        }
        return List.copyOf(cycles.values());
    }

    /** Where the locks of a cycle are taken, whichever is the first. */
    private static String code(List<Edge> cycle) {
        return cycle.stream().map(part -> part.example.taking().backtrace().stream().limit(FRAMES).toList().toString()).sorted().toList().toString();
    }

    private static boolean isProved(Edge edge) {
        return edge.example.first().isProved() && edge.example.second().isProved();
    }

    /** Whether another lock was held whenever one of these orders was taken: then no two of them meet. */
    private static boolean isGuarded(List<Edge> cycle) {
        Set<Long> gates = new TreeSet<>(cycle.getFirst().gates);
        cycle.forEach(edge -> gates.retainAll(edge.gates));
        cycle.forEach(edge -> gates.remove(edge.example.first().address()));
        return !gates.isEmpty();
    }

    /** The shortest cycle through an edge; empty if there is none. */
    private List<Edge> back(Edge start) {
        long goal = start.example.first().address();
        Map<Long, List<Edge>> paths = new TreeMap<>();
        Deque<Long> next = new ArrayDeque<>();
        paths.put(start.example.second().address(), List.of(start));
        next.add(start.example.second().address());
        while (!next.isEmpty()) {
            long at = next.remove();
            List<Edge> path = paths.get(at);
            if (at == goal) {
                return path;
            }
            for (Edge edge : edges.getOrDefault(at, NONE).values()) {
                long to = edge.example.second().address();
                if (isProved(edge) && !paths.containsKey(to) && path.size() < LONGEST) {
                    List<Edge> longer = new ArrayList<>(path);
                    longer.add(edge);
                    paths.put(to, longer);
                    next.add(to);
                }
            }
        }
        return List.of();
    }
}
