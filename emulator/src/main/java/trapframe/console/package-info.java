/** What a guest shows. */
package trapframe.console;
