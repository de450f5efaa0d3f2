/**
 * Why a guest hangs: what it waits for, who has that, and since when, found in the machine as it stands and by going back in its run. The
 * result is an {@link trapframe.diagnose.why.Explanation}, of which text, JSON and pages are made. Nothing in it is assumed: what cannot be
 * derived is left empty.
 */
package trapframe.diagnose.why;
