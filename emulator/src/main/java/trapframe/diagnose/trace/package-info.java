/** What happened in a run, over time, as a file for a viewer. */
package trapframe.diagnose.trace;
