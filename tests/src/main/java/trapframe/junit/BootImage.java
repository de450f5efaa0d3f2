package trapframe.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What the tests of a class, or one test, boot. Each parameter of type {@link Guest} of a test method or of one that runs before each test is
 * a machine of its own. In names of files <code>${NAME}</code> is JUnit's configuration parameter, or the system property, of that name. May be put on an annotation that several classes have.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@ExtendWith(TrapframeExtension.class)
public @interface BootImage {
    /** The image's file, or {@code classpath:} and the name of a resource; without it, the kernel that comes with Trapframe. */
    String value() default "";

    /** The kernel's command line. */
    String append() default "";

    /** An initial RAM disk, or modules, as {@code --initrd} of the command {@code boot} takes them. */
    String initrd() default "";

    /** RAM, {@code 1M} to {@code 3G}. */
    String memory() default "256M";

    int cpus() default 1;

    /** Drives, as {@code --drive} takes them; those that can be written need {@code snapshot=on} to be forked and recorded. */
    String[] drives() default {};

    /**
     * Whether somebody is at the console, so that COM1 has a carrier, who may type at any time. A guest that is idle and waits for nothing else is proved to hang only if
     * nobody is.
     */
    boolean attended() default true;

    /** By how many positions periodic timer interrupts come earlier: another schedule of the same test. */
    long timerPhase() default 0;

    /** What the guest writes to the debug-exit port for success. */
    int successCode() default 0x10;

    /** Texts on the console that mean that the guest failed; a test that comes to one fails, whatever it waits for. */
    String[] fail() default {};

    /** How much virtual time the guest has for what a test waits for, if nothing else is said. */
    String budget() default "10s";

    /** What names addresses: an ELF file or a System.map; without it, the image. */
    String symbols() default "";

    /** How the kernel keeps its tasks, a file as {@code --tasks} takes it; without it, what comes with Trapframe for this kernel, if anything does. */
    String tasks() default "";
}
