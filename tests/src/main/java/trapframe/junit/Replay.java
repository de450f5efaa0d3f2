package trapframe.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The test's guest is a recorded run, done again, and stands where the recording ends: to look at a failure from all sides, in as many tests as that takes. What is
 * booted is in the recording; the files must be those that were recorded.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@ExtendWith(TrapframeExtension.class)
public @interface Replay {
    /** The recording's file. */
    String value();
}
