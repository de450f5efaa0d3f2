/**
 * Locks of a guest that has not been told about: which memory cells are locks, who takes and releases them, and what a good run says of
 * hangs that it did not have.
 */
package trapframe.diagnose.locks;
