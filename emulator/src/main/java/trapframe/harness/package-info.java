/**
 * A guest under test: driven to goals on its console or in its code, within budgets of virtual time, forked, and reported on when it fails.
 * What the JUnit extension and the command {@code stages} have in common.
 */
package trapframe.harness;
