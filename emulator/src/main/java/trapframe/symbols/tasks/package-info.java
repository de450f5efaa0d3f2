/**
 * The tasks of a guest's kernel, read out of its memory: {@link trapframe.symbols.tasks.KernelDescription} says how a kernel keeps them,
 * {@link trapframe.symbols.tasks.TaskReader} reads them.
 */
package trapframe.symbols.tasks;
