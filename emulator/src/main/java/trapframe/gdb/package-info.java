/**
 * The remote serial protocol of gdb ("Debugging with GDB", appendix E), for a machine that can also go backwards. {@link
 * trapframe.gdb.GdbServer} listens, {@link trapframe.gdb.Session} answers one client's packets, {@link trapframe.gdb.Debuggee} is what it
 * asks.
 */
package trapframe.gdb;
