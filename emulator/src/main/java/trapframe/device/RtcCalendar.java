package trapframe.device;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;

/**
 * The ten time, alarm and date bytes of {@link Rtc146818}, read and written in the format that register B selects.
 * It knows no clock.
 */
final class RtcCalendar {
    static final int SECONDS = 0x00;
    static final int SECONDS_ALARM = 0x01;
    static final int MINUTES = 0x02;
    static final int MINUTES_ALARM = 0x03;
    static final int HOURS = 0x04;
    static final int HOURS_ALARM = 0x05;
    static final int DAY_OF_WEEK = 0x06;
    static final int DAY_OF_MONTH = 0x07;
    static final int MONTH = 0x08;
    static final int YEAR = 0x09;
    /** Not a register of the MC146818: where PC firmware keeps the century. */
    static final int CENTURY = 0x32;

    static final int REGISTER_B = 0x0b;
    static final int B_24_HOURS = 0x02;
    static final int B_BINARY = 0x04;

    private static final int PM = 0x80;
    /** Alarm bytes from here on match every value ("don't care"). */
    private static final int DO_NOT_CARE = 0xc0;
    private static final int SECONDS_PER_DAY = 86_400;

    private final byte[] ram;

    RtcCalendar(byte[] ram) {
        this.ram = ram;
    }

    void set(LocalDateTime time) {
        put(SECONDS, time.getSecond());
        put(MINUTES, time.getMinute());
        putHours(time.getHour());
        put(DAY_OF_WEEK, time.getDayOfWeek().getValue() % 7 + 1);
        putDate(time.toLocalDate());
    }

    /** Whether a byte of the memory is one that changes as time passes. */
    static boolean isTime(int register) {
        return register == SECONDS || register == MINUTES || register == HOURS || register >= DAY_OF_WEEK && register <= YEAR || register == CENTURY;
    }

    /** Lets seconds pass, as that many update cycles would. Bytes that are no date become one. */
    void advance(long seconds) {
        long second = secondOfDay() + seconds;
        long days = Math.floorDiv(second, SECONDS_PER_DAY);
        int inDay = (int) Math.floorMod(second, (long) SECONDS_PER_DAY);
        put(SECONDS, inDay % 60);
        put(MINUTES, inDay / 60 % 60);
        putHours(inDay / 3600);
        if (days != 0) {
            put(DAY_OF_WEEK, (int) Math.floorMod(get(DAY_OF_WEEK) - 1 + days, 7L) + 1);
            putDate(date().plusDays(days));
        }
    }

    /** Seconds from now to the next alarm, 1 to 86400, or -1 if the alarm bytes match no time. */
    int secondsToAlarm() {
        if (!possible(SECONDS_ALARM, 60) || !possible(MINUTES_ALARM, 60) || !possibleHour()) {
            return -1;
        }
        int now = secondOfDay() % SECONDS_PER_DAY;
        int second = now + 1;
        while (second <= now + SECONDS_PER_DAY) {
            if (!matches(HOURS_ALARM, second / 3600 % 24)) {
                second = (second / 3600 + 1) * 3600;
            } else if (!matches(MINUTES_ALARM, second / 60 % 60)) {
                second = (second / 60 + 1) * 60;
            } else if (!matches(SECONDS_ALARM, second % 60)) {
                second++;
            } else {
                return second - now;
            }
        }
        return -1;
    }

    private boolean possible(int register, int limit) {
        return doNotCare(register) || get(register) < limit;
    }

    private boolean possibleHour() {
        return doNotCare(HOURS_ALARM) || hours(HOURS_ALARM) < 24;
    }

    private boolean matches(int register, int value) {
        return doNotCare(register) || (register == HOURS_ALARM ? hours(register) : get(register)) == value;
    }

    private boolean doNotCare(int register) {
        return (ram[register] & 0xff) >= DO_NOT_CARE;
    }

    private int secondOfDay() {
        return hours(HOURS) * 3600 + get(MINUTES) * 60 + get(SECONDS);
    }

    private LocalDate date() {
        int year = get(CENTURY) * 100 + get(YEAR);
        int month = Math.clamp(get(MONTH), 1, 12);
        try {
            return LocalDate.of(year, month, get(DAY_OF_MONTH));
        } catch (DateTimeException _) {
            return LocalDate.of(year, month, 1).plusDays(get(DAY_OF_MONTH) - 1L);
        }
    }

    private void putDate(LocalDate date) {
        put(DAY_OF_MONTH, date.getDayOfMonth());
        put(MONTH, date.getMonthValue());
        put(YEAR, Math.floorMod(date.getYear(), 100));
        put(CENTURY, Math.floorMod(Math.floorDiv(date.getYear(), 100), 100));
    }

    private int hours(int register) {
        if (twentyFourHours()) {
            return get(register);
        }
        int byteValue = ram[register] & 0xff;
        return decode(byteValue & ~PM) % 12 + ((byteValue & PM) != 0 ? 12 : 0);
    }

    private void putHours(int hours) {
        if (twentyFourHours()) {
            put(HOURS, hours);
        } else {
            put(HOURS, (hours + 11) % 12 + 1);
            ram[HOURS] |= (byte) (hours >= 12 ? PM : 0);
        }
    }

    private int get(int register) {
        return decode(ram[register] & 0xff);
    }

    private void put(int register, int value) {
        ram[register] = (byte) (binary() ? value : value / 10 << 4 | value % 10);
    }

    private int decode(int value) {
        return binary() ? value : (value >> 4) * 10 + (value & 15);
    }

    private boolean binary() {
        return (ram[REGISTER_B] & B_BINARY) != 0;
    }

    private boolean twentyFourHours() {
        return (ram[REGISTER_B] & B_24_HOURS) != 0;
    }
}
