package trapframe.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Before the test's body the image of {@link BootImage} is run again and again, nobody at its console, each time with the next interrupt, or a CPU's turn,
 * somewhere else. A run that hangs or fails fails the test, unless that has a parameter of type {@link trapframe.explore.Report}: then it says itself
 * what is to be made of what was found. The first run, without that, has to end well.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
public @interface Explore {
    /** Where the window begins: a position, {@code symbol:NAME}, or a text of the console; without it, at the first interrupt. */
    String from() default "";

    /** Where it ends; without it, at the end of the run. */
    String to() default "";

    /** What the console shows when the run has done what it should; without it, the run ends by itself. */
    String until() default "";

    /** What is tried, by the names of the command {@code explore}. */
    String strategy() default "spread";

    /** Of what is tried at random. */
    long seed() default 1;

    /** Runs at most. */
    int budget() default 100;

    /** Machines that run at the same time. What is found does not depend on it. */
    int jobs() default 1;
}
