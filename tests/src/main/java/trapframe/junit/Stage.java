package trapframe.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A step of a boot; it ends when the console shows a text, or a symbol's code is about to be executed. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({})
public @interface Stage {
    /** What tests and reports call it. */
    String name();

    /** What the console shows at its end. */
    String shows() default "";

    /** Instead of {@link #shows}: the symbol whose code is executed at its end. */
    String symbol() default "";

    /** What is typed at its beginning. */
    String types() default "";

    /** How much virtual time it may take; without it, the budget of {@link BootImage}. */
    String within() default "";
}
