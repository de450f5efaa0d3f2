# Turns "nm -n" of the linked kernel into the table that names addresses in trap dumps (lib/symbols.c): assembler source on stdout.
# Kernel addresses are sign-extended 32-bit values, so the low half is kept.
BEGIN {
    print ".section .kernel_symbols, \"a\", @progbits"
    count = 0
}
$1 ~ /^ffffffff/ && $2 ~ /^[tT]$/ && $3 !~ /^__/ && $1 != last {
    last = $1
    address[count] = substr($1, 9)
    name[count] = $3
    count++
}
END {
    print ".globl kernel_symbol_count, kernel_symbol_addresses, kernel_symbol_names, kernel_symbol_strings"
    print ".balign 8\nkernel_symbol_count: .quad " count
    print "kernel_symbol_addresses:"
    for (i = 0; i < count; i++) print ".long 0x" address[i]
    print "kernel_symbol_names:"
    offset = 0
    for (i = 0; i < count; i++) {
        print ".long " offset
        offset += length(name[i]) + 1
    }
    print "kernel_symbol_strings:"
    for (i = 0; i < count; i++) print ".asciz \"" name[i] "\""
    print ".section .note.GNU-stack, \"\", @progbits"
}
