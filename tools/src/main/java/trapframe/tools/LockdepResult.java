package trapframe.tools;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import trapframe.diagnose.locks.Lock;
import trapframe.diagnose.locks.LockReport;
import trapframe.diagnose.locks.Place;
import trapframe.diagnose.locks.Prediction;
import trapframe.diagnose.locks.PredictionText;
import trapframe.symbols.KernelSymbols;

/** What a run says of locks, for people and for programs. */
final class LockdepResult {
    private final LockReport report;
    private final PredictionText text;

    LockdepResult(LockReport report, Optional<KernelSymbols> symbols) {
        this.report = report;
        text = new PredictionText(symbols);
    }

    int exitCode() {
        return report.predictions().isEmpty() ? ExitCode.SUCCESS : ExitCode.GUEST_FAILED;
    }

    String sentence() {
        int count = report.predictions().size();
        return report.spinlocks() + " spinlocks and " + (report.locks() - report.spinlocks()) + " other locks were taken " + report.taken()
                + " times from position " + report.from() + " to " + report.to() + "; "
                + (count == 0 ? "nothing is predicted" : count == 1 ? "1 prediction" : count + " predictions");
    }

    /** Each prediction, with a blank line between two. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (Prediction prediction : report.predictions()) {
            if (!lines.isEmpty()) {
                lines.add("");
            }
            lines.addAll(text.lines(prediction));
        }
        return lines;
    }

    Map<String, Object> document() {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("exitCode", exitCode());
        document.put("message", sentence());
        document.put("from", report.from());
        document.put("to", report.to());
        document.put("locks", report.locks());
        document.put("spinlocks", report.spinlocks());
        document.put("taken", report.taken());
        document.put("predictions", report.predictions().stream().map(this::document).toList());
        return document;
    }

    private Map<String, Object> document(Prediction prediction) {
        Map<String, Object> document = new LinkedHashMap<>();
        switch (prediction) {
            case Prediction.InterruptUnsafe unsafe -> {
                document.put("kind", "interrupt-unsafe");
                document.put("lock", document(unsafe.lock()));
                document.put("inHandler", document(unsafe.inHandler()));
                document.put("withInterruptsOn", document(unsafe.outside()));
                document.put("windowCount", unsafe.count());
                document.put("windows", unsafe.windows().stream().map(window -> List.of(window.cpu(), window.from(), window.to())).toList());
            }
            case Prediction.Cycle cycle -> {
                document.put("kind", "order");
                if (cycle.onlyBy() >= 0) {
                    document.put("onlyOnStack", cycle.onlyBy());
                }
                document.put("alike", cycle.alike());
                document.put("orders", cycle.orders().stream().map(this::document).toList());
            }
            case Prediction.SleepsWithLock sleep -> {
                document.put("kind", "sleep");
                document.put("lock", document(sleep.lock()));
                document.put("taken", document(sleep.taken()));
                document.put("left", document(sleep.left()));
            }
            case Prediction.HaltsWithLock halt -> {
                document.put("kind", "halt");
                document.put("lock", document(halt.lock()));
                document.put("taken", document(halt.taken()));
                document.put("halt", document(halt.halt()));
            }
            case Prediction.InterruptsOff off -> {
                document.put("kind", "interrupts-off");
                document.put("cpu", off.cpu());
                document.put("position", off.from());
                document.put("nanos", off.nanos());
                document.put("count", off.count());
                document.put("behind", text.frame(off.begin()));
                document.put("end", document(off.end()));
            }
        }
        document.put("text", text.lines(prediction).getFirst());
        return document;
    }

    private Map<String, Object> document(Prediction.Order order) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("first", document(order.first()));
        document.put("second", document(order.second()));
        document.put("holding", document(order.holding()));
        document.put("taking", document(order.taking()));
        return document;
    }

    private Map<String, Object> document(Lock lock) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("name", text.name(lock));
        document.put("physical", "0x" + Long.toHexString(lock.address()));
        document.put("linear", "0x" + Long.toHexString(lock.linear()));
        document.put("shape", lock.shape().name().toLowerCase(Locale.ROOT));
        document.put("taken", lock.taken());
        return document;
    }

    private Map<String, Object> document(Place place) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("position", place.position());
        document.put("cpu", place.cpu());
        document.put("stack", place.context());
        place.interrupt().ifPresent(vector -> document.put("interrupt", vector));
        document.put("interruptsOn", place.enabled());
        document.put("backtrace", text.frames(place));
        return document;
    }
}
