/**
 * Tests of kernels in plain JUnit: {@link trapframe.junit.BootImage} on a test class boots an image, and each test method gets a
 * {@link trapframe.junit.Guest} that nothing else touches.
 */
package trapframe.junit;
