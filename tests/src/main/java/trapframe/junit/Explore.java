package trapframe.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The test's body is run again and again, on its one {@link Guest}, each time with the next interrupt, or a CPU's turn, somewhere else. Each run begins as the guest
 * was before the body, and is taken to where something comes. The first run, to which nothing comes, has to pass; the test fails with the first one that does not,
 * after what does not matter was left out of its schedule. So the body has to do the same each time: what it keeps outside of the guest is not set back.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
public @interface Explore {
    /**
     * Where the window begins in which something comes: a position, {@code symbol:NAME}, {@code symbol:NAME#TIMES}, or a text of the console, all behind the body's
     * beginning; without it, there, or at the first interrupt if none came yet.
     */
    String from() default "";

    /** Where it ends; without it, with the body. */
    String to() default "";

    /** What is tried, by the names of the command {@code explore}. */
    String strategy() default "spread";

    /** Of what is tried at random. */
    long seed() default 1;

    /** Runs at most, besides the first; the configuration parameter {@code trapframe.explore.budget} makes them fewer, for all tests. */
    int budget() default 100;

    /**
     * Instead of a search, the one schedule that comes to the body, as the message of a failed search names it. Its positions are those of one build of the
     * kernel: behind a change a search says more.
     */
    String schedule() default "";
}
