/**
 * Why nothing moves. A {@link trapframe.diagnose.HangWatch} runs a machine and ends the run where it can prove that the guest will never get
 * anywhere; the {@link trapframe.diagnose.Verdict} is the proof, with its evidence. No time-out is a proof.
 */
package trapframe.diagnose;
