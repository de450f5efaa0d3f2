package trapframe.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The test begins with a guest that has reached a stage of {@link Stages}. It is booted once for all tests that begin with the same image,
 * machine and stages; each test's guest goes on from there by itself.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD, ElementType.ANNOTATION_TYPE})
public @interface FromStage {
    /** The stage's name. */
    String value();
}
