/**
 * What flows where in executed instructions: {@link trapframe.diagnose.flow.Decoder} knows what general-purpose instructions read and write,
 * {@link trapframe.diagnose.flow.Flow} follows values that are not the same in every round of a loop.
 */
package trapframe.diagnose.flow;
