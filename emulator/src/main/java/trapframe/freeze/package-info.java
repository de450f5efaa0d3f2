/**
 * Stopping everything that moves, so that somebody can look at a machine that others run: the processors, the thread of the drives, and
 * whoever reads what comes in from outside.
 */
package trapframe.freeze;
