package trapframe.device;

import java.util.List;
import trapframe.bus.InterruptLine;
import trapframe.bus.PortBus;
import trapframe.time.Clock;
import trapframe.time.EventQueue;
import trapframe.time.Timer;

/** What a device needs around it: a clock of one nanosecond a position, the event queue and the ports. */
public final class DeviceBench {
    public final Clock clock = new Clock(1_000);
    public final EventQueue events = new EventQueue(clock);
    public final PortBus ports = new PortBus();
    public long eventsRun;

    /** Lets virtual time pass; every event fires exactly at its position. */
    public void advance(long nanos) {
        long end = clock.position() + nanos;
        for (long next = events.nextDeadline(); next <= end; next = events.nextDeadline()) {
            clock.moveTo(Math.max(next, clock.position()));
            events.runDue();
            eventsRun++;
        }
        clock.moveTo(end);
    }

    public int in(int port) {
        return ports.read(port, 1);
    }

    public void out(int port, int value) {
        ports.write(port, 1, value);
    }

    public List<Long> deadlines() {
        return events.timers().stream().map(Timer::deadline).toList();
    }

    public void restoreTime(long position, List<Long> deadlines) {
        clock.moveTo(position);
        List<Timer> timers = events.timers();
        for (int i = 0; i < timers.size(); i++) {
            timers.get(i).armAt(deadlines.get(i));
        }
    }

    /** The far end of an interrupt line: its level, and how often it rose. */
    public static class Probe implements InterruptLine {
        public boolean level;
        public int rises;

        @Override
        public void set(boolean newLevel) {
            if (newLevel && !level) {
                rises++;
            }
            level = newLevel;
        }
    }
}
