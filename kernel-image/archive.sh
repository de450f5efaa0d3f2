#!/bin/sh
# Writes the initial archive as assembler source, in cpio's "new ASCII" format (cpio(5)), so that the build needs neither cpio nor a place for
# the archive. The arguments have the form PATH=FILE: where in the archive a file is to be found, and where it is now. Folders come by themselves.
set -eu

number=0
# Name, mode, size in bytes.
header() {
    number=$((number + 1))
    printf '    .ascii "070701%08X%08X00000000000000000000000100000000%08X00000000000000000000000000000000%08X00000000"\n' \
        "$number" "$2" "$3" $((${#1} + 1))
    printf '    .asciz "%s"\n    .balign 4\n' "$1"
}

echo '    .section .rodata, "a", @progbits'
echo '    .balign 16'
echo '    .globl initial_archive, initial_archive_end'
echo 'initial_archive:'
folders=' '
for entry in "$@"; do
    path=${entry%%=*}
    file=${entry#*=}
    folder=$(dirname "$path")
    case "$folders" in
        *" $folder "*) ;;
        *)
            [ "$folder" = . ] || header "$folder" $((040755)) 0
            folders="$folders$folder "
            ;;
    esac
    header "$path" $((0100644)) "$(($(wc -c < "$file")))"
    printf '    .incbin "%s"\n    .balign 4\n' "$file"
done
header TRAILER!!! 0 0
echo 'initial_archive_end:'
echo '    .section .note.GNU-stack, "", @progbits'
