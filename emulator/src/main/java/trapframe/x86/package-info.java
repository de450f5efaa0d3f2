/** Instructions as bytes: prefixes, opcodes, operands. It knows no processor that executes them. */
package trapframe.x86;
