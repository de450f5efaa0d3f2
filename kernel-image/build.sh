#!/bin/sh
# Builds target/sprout.elf, and a target/sprout-VARIANT.elf for each variant of VARIANTS.md, with the machine's gcc or clang and its linker. Needs no make: a machine that has a C compiler has the rest.
# CC, LD and NM choose tools; everything else is the same for everybody, so that equal sources and tools give equal bytes.
# Only what is older than its sources is compiled again; "build.sh clean" removes the results.
set -eu
LC_ALL=C
export LC_ALL
unset CDPATH
cd -P "$(dirname "$0")"
OUT=target
if [ "${1:-}" = clean ]; then
    rm -rf "$OUT"
    exit 0
fi

NAME=sprout
. ./toolchain.sh

# Prologues stay where functions begin, so that a backtrace can tell whether there is a frame yet.
COMPILATION_FOLDER=
PROLOGUES="-fno-shrink-wrap -fno-schedule-insns2"
if [ -n "$TARGET" ]; then
    PROLOGUES="-mllvm -enable-shrink-wrap=false"
    # clang's assembler does not apply a prefix map to this one.
    COMPILATION_FOLDER=-fdebug-compilation-dir=kernel-image
fi
NM=${NM:-$(first_found "$("$CC" $TARGET -print-prog-name=nm)" llvm-nm nm)}
[ -n "$NM" ] || fail "no nm found: install binutils or llvm"

# The debug information names sources relative to the repository, so that the image does not depend on where it was built, and the
# compiler's own headers not at all by their place.
SOURCES_MAP="-ffile-prefix-map=$PWD=kernel-image"
HEADERS_MAP="-ffile-prefix-map=$("$CC" $TARGET -print-file-name=include)=compiler"
COMMON="$TARGET $COMPILATION_FOLDER -g -Iinclude"
# No red zone: an interrupt pushes its frame right below RSP. General registers only: nothing saves the vector state. Frame pointers and
# no sibling calls: backtraces name every caller. Debug frames instead of .eh_frame: they are not loaded.
WARNINGS="-Wall -Wextra -Wconversion -Werror -Wmissing-prototypes -Wstrict-prototypes -Wshadow -Wundef"
BOTH_CFLAGS="-std=gnu17 -O2 -ffreestanding -fno-pic -fno-pie -mgeneral-regs-only -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer
 -fno-optimize-sibling-calls $PROLOGUES -fno-stack-protector -fno-asynchronous-unwind-tables -fno-strict-aliasing -fno-common
 -fcf-protection=none $WARNINGS"
CFLAGS="$BOTH_CFLAGS -mcmodel=kernel -mno-red-zone"
PROGRAM_CFLAGS="$BOTH_CFLAGS -Iuser/include -ffunction-sections -fdata-sections"
# Segments are page-aligned and no build identification is written: equal sources give equal bytes.
LDFLAGS="-static -nostdlib -z max-page-size=0x1000 -z noexecstack --build-id=none"
# Programs leave out what they do not use, and need not lie in the file as in memory: the kernel copies them.
PROGRAM_LDFLAGS="$LDFLAGS --nmagic --gc-sections -T user/program.ld"

# Everything is built anew when a tool or an option changed: objects do not tell which made them.
mkdir -p "$OUT"
configuration="$("$CC" --version | head -n 1); $("$LD" --version | head -n 1); $COMMON $CFLAGS $PROGRAM_CFLAGS $PROGRAM_LDFLAGS; $(cat build.sh toolchain.sh | cksum)"
if [ "$(cat "$OUT/configuration" 2> /dev/null || :)" != "$configuration" ]; then
    rm -rf "$OUT/objects" "$OUT/links" "$OUT/programs" "$OUT"/sprout*.elf
    echo "$configuration" > "$OUT/configuration"
fi

# Whether an object is missing or older than one of the files that its dependency list (written by the compiler) names.
stale() {
    [ -f "$1" ] && [ -f "$1.d" ] || return 0
    needs=$(sed -e 's/^[^:]*://' -e 's/\\$//' "$1.d")
    [ -n "$(find $needs -newer "$1" 2>&1)" ]
}

compile() {
    mkdir -p "$(dirname "$2")"
    case "$1" in
        *.c) "$CC" $COMMON "$SOURCES_MAP" "$HEADERS_MAP" $3 -MMD -MF "$2.d" -c "$1" -o "$2" ;;
        *.S) "$CC" $COMMON "$SOURCES_MAP" "$HEADERS_MAP" $3 -MMD -MF "$2.d" -c "$1" -o "$2" ;;
    esac
}

jobs=
compile_if_stale() {
    if stale "$2"; then
        rm -f "$2"
        compile "$@" &
        jobs="$jobs $!"
    fi
}

wait_for_jobs() {
    for job in $jobs; do
        wait "$job" || fail "the build failed"
    done
    jobs=
}

# A variant is the kernel with one more definition, VARIANT_ and its name in capitals. The sources that mention the definition are compiled
# for it; all other objects are the kernel's own.
variants=$(sed -n 's/^## `\(.*\)`$/\1/p' VARIANTS.md)
sources=$(find arch drivers init proc ipc lib mm sched -name '*.[cS]' | sort)
# Programs are linked with all of their library, and with what of the kernel's has no need of the kernel.
library=$(echo lib/cpio.c lib/format.c lib/string.c; find user/lib -name '*.[cS]' | sort)
# A program is a source of this folder, or a folder of sources.
programs=$(find user/programs -name '*.c' | sort)
program_names=$(ls user/programs | sed 's/\.c$//' | sort)

definition_of() {
    echo "VARIANT_$(echo "$1" | tr 'a-z-' 'A-Z_')"
}

# Of the sources given after a folder and the name of a variant (empty: none): the objects, those that are the variant's own in a folder of its own.
objects_of() {
    folder=$1
    variant=$2
    shift 2
    own=
    [ -z "$variant" ] || own=" $(grep -lw "$(definition_of "$variant")" "$@" | tr '\n' ' ')"
    for source in "$@"; do
        case "$own" in
            *" $source "*) echo "$folder/$variant/$source.o" ;;
            *) echo "$folder/$source.o" ;;
        esac
    done
}

has_own_programs() {
    grep -qw "$(definition_of "$1")" $library $programs
}

for source in $sources; do
    compile_if_stale "$source" "$OUT/objects/$source.o" "$CFLAGS"
done
for source in $library $programs; do
    compile_if_stale "$source" "$OUT/programs/objects/$source.o" "$PROGRAM_CFLAGS"
done
for variant in $variants; do
    definition=$(definition_of "$variant")
    changed=$(grep -lw "$definition" $sources $library $programs) || fail "no source mentions $definition"
    for source in $changed; do
        case "$source" in
            user/*) compile_if_stale "$source" "$OUT/programs/objects/$variant/$source.o" "$PROGRAM_CFLAGS -D$definition" ;;
            *) compile_if_stale "$source" "$OUT/objects/$variant/$source.o" "$CFLAGS -D$definition" ;;
        esac
    done
done
wait_for_jobs

# Whether a file that is made of others, and how, is as it would be made now.
current() {
    made=$1
    how=$2
    shift 2
    [ -f "$made" ] && [ "$(cat "$made.made" 2> /dev/null || :)" = "$how" ] && [ -z "$(find "$@" -newer "$made")" ]
}

# Links a program of a variant twice, with the information for debuggers and, for the archive, without.
link_program() {
    program=$1
    shift
    if current "$program" "$*" "$@" user/program.ld; then
        return
    fi
    mkdir -p "$(dirname "$program")"
    "$LD" $PROGRAM_LDFLAGS -o "$program.elf" "$@"
    "$LD" $PROGRAM_LDFLAGS -s -o "$program" "$@"
    echo "$*" > "$program.made"
}

# The initial archive of a variant, as an object: its programs, and the files of the folder root.
link_archive() {
    variant=$1
    folder=$OUT/programs/${variant:-sprout}
    archive=$folder/archive
    files=
    for name in $program_names; do
        own_sources=$(find "user/programs/$name" "user/programs/$name.c" -name '*.c' 2> /dev/null | sort)
        link_program "$folder/$name" $(objects_of "$OUT/programs/objects" "$variant" $library $own_sources)
        files="$files bin/$name=$folder/$name"
    done
    for file in $(cd root && find . -type f | sort); do
        files="$files ${file#./}=root/${file#./}"
    done
    if current "$archive.o" "$files" $(echo "$files" | tr ' ' '\n' | sed -n 's/.*=//p') archive.sh; then
        return
    fi
    sh archive.sh $files > "$archive.S"
    "$CC" $TARGET -c "$archive.S" -o "$archive.o"
    echo "$files" > "$archive.o.made"
}

# Links an image of the objects given after its name. An object that no longer has a source, a changed link script or symbol generator also
# call for a link.
link() {
    image=$OUT/$1.elf
    work=$OUT/links/$1
    shift
    if [ -f "$image" ] && [ "$(cat "$work/linked" 2> /dev/null || :)" = "$*" ] &&
            [ -z "$(find "$@" link.ld symbols.awk -newer "$image")" ]; then
        return
    fi
    rm -f "$image"
    mkdir -p "$work"
    # Two links: the first with an empty symbol table to learn the addresses, the second with the table. The table comes after all code,
    # so that no function moves; the comparison of the tables before and after proves it.
    link_with_symbols "$work" /dev/null "$work/first.elf" "$@"
    link_with_symbols "$work" "$work/first.elf.nm" "$work/second.elf" "$@"
    awk -f symbols.awk "$work/second.elf.nm" | cmp -s - "$work/symbols.S" || fail "code moved between the two links"
    echo "$*" > "$work/linked"
    mv "$work/second.elf" "$image"
}

link_with_symbols() {
    awk -f symbols.awk "$2" > "$1/symbols.S"
    "$CC" $TARGET -c "$1/symbols.S" -o "$1/symbols.o"
    into=$3
    map=$1/symbols.o
    shift 3
    "$LD" $LDFLAGS -T link.ld -o "$into" "$@" "$map"
    "$NM" -n "$into" > "$into.nm"
}

link_archive "" &
jobs=$!
for variant in $variants; do
    if has_own_programs "$variant"; then
        link_archive "$variant" &
        jobs="$jobs $!"
    fi
done
wait_for_jobs

link sprout $(objects_of "$OUT/objects" "" $sources) "$OUT/programs/sprout/archive.o"
for variant in $variants; do
    folder=sprout
    if has_own_programs "$variant"; then
        folder=$variant
    fi
    link "sprout-$variant" $(objects_of "$OUT/objects" "$variant" $sources) "$OUT/programs/$folder/archive.o" &
    jobs="$jobs $!"
done
wait_for_jobs
# Images of variants that are no more.
for image in "$OUT"/sprout-*.elf; do
    name=${image#"$OUT/sprout-"}
    case " $(echo $variants) " in
        *" ${name%.elf} "*) ;;
        *) rm -f "$image" ;;
    esac
done
