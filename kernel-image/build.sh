#!/bin/sh
# Builds target/sprout.elf with the machine's gcc or clang and its linker. Needs no make: a machine that has a C compiler has the rest.
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

fail() {
    echo "sprout: $1" >&2
    exit 1
}

first_found() {
    for candidate in "$@"; do
        if command -v "$candidate" > /dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
}

# A compiler counts if it makes x86-64 code: gcc only for its own target, clang for any.
targets_x86_64() {
    case "$("$1" -dumpmachine 2> /dev/null)" in
        x86_64-*) return 0 ;;
        *) return 1 ;;
    esac
}

if [ -z "${CC:-}" ]; then
    for candidate in gcc x86_64-linux-gnu-gcc x86_64-elf-gcc clang cc; do
        if command -v "$candidate" > /dev/null 2>&1 && { [ "$candidate" = clang ] || targets_x86_64 "$candidate"; }; then
            CC=$candidate
            break
        fi
    done
fi
[ -n "${CC:-}" ] || fail "no C compiler for x86-64 found: install gcc or clang (with binutils)"
command -v "$CC" > /dev/null 2>&1 || fail "the C compiler $CC was not found"

# Prologues stay where functions begin, so that a backtrace can tell whether there is a frame yet.
TARGET=
COMPILATION_FOLDER=
PROLOGUES="-fno-shrink-wrap -fno-schedule-insns2"
if "$CC" --version 2> /dev/null | grep -q clang; then
    TARGET=--target=x86_64-linux-gnu
    PROLOGUES="-mllvm -enable-shrink-wrap=false"
    # clang's assembler does not apply a prefix map to this one.
    COMPILATION_FOLDER=-fdebug-compilation-dir=kernel-image
fi
LD=${LD:-$(first_found "$("$CC" $TARGET -print-prog-name=ld)" ld.lld ld)}
NM=${NM:-$(first_found "$("$CC" $TARGET -print-prog-name=nm)" llvm-nm nm)}
[ -n "$LD" ] || fail "no linker found: install binutils or lld"
[ -n "$NM" ] || fail "no nm found: install binutils or llvm"

# The debug information names sources relative to the repository, so that the image does not depend on where it was built, and the
# compiler's own headers not at all by their place.
SOURCES_MAP="-ffile-prefix-map=$PWD=kernel-image"
HEADERS_MAP="-ffile-prefix-map=$("$CC" $TARGET -print-file-name=include)=compiler"
COMMON="$TARGET $COMPILATION_FOLDER -g -Iinclude"
# No red zone: an interrupt pushes its frame right below RSP. General registers only: nothing saves the vector state. Frame pointers and
# no sibling calls: backtraces name every caller. Debug frames instead of .eh_frame: they are not loaded.
CFLAGS="-std=gnu17 -O2 -ffreestanding -fno-pic -fno-pie -mcmodel=kernel -mno-red-zone -mgeneral-regs-only -fno-omit-frame-pointer
 -mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls $PROLOGUES -fno-stack-protector -fno-asynchronous-unwind-tables -fno-strict-aliasing
 -fno-common -fcf-protection=none -Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes -Wshadow -Wundef"
# Segments are page-aligned and no build identification is written: equal sources give equal bytes.
LDFLAGS="-static -nostdlib -z max-page-size=0x1000 -z noexecstack --build-id=none -T link.ld"

# Everything is built anew when a tool or an option changed: objects do not tell which made them.
mkdir -p "$OUT"
configuration="$("$CC" --version | head -n 1); $("$LD" --version | head -n 1); $COMMON $CFLAGS $LDFLAGS; $(cksum < build.sh)"
if [ "$(cat "$OUT/configuration" 2> /dev/null || :)" != "$configuration" ]; then
    rm -rf "$OUT/objects" "$OUT/sprout.elf"
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
        *.c) "$CC" $COMMON "$SOURCES_MAP" "$HEADERS_MAP" $CFLAGS -MMD -MF "$2.d" -c "$1" -o "$2" ;;
        *.S) "$CC" $COMMON "$SOURCES_MAP" "$HEADERS_MAP" -MMD -MF "$2.d" -c "$1" -o "$2" ;;
    esac
}

sources=$(find arch drivers init lib mm -name '*.[cS]' | sort)
objects=
jobs=
for source in $sources; do
    object=$OUT/objects/$source.o
    objects="$objects $object"
    if stale "$object"; then
        rm -f "$object"
        compile "$source" "$object" &
        jobs="$jobs $!"
    fi
done
for job in $jobs; do
    wait "$job" || failed=1
done
[ -z "${failed:-}" ] || fail "the build failed"

# An object that no longer has a source, a changed link script or symbol generator also call for a link.
linked=$(cat "$OUT/linked" 2> /dev/null || :)
if [ -f "$OUT/sprout.elf" ] && [ "$linked" = "$objects" ] &&
        [ -z "$(find $objects link.ld symbols.awk -newer "$OUT/sprout.elf")" ]; then
    exit 0
fi
rm -f "$OUT/sprout.elf"

# Two links: the first with an empty symbol table to learn the addresses, the second with the table. The table comes after all code, so
# that no function moves; the comparison of the tables before and after proves it.
link_with_symbols() {
    awk -f symbols.awk "$1" > "$OUT/objects/symbols.S"
    "$CC" $TARGET -c "$OUT/objects/symbols.S" -o "$OUT/objects/symbols.o"
    "$LD" $LDFLAGS -o "$2" $objects "$OUT/objects/symbols.o"
    "$NM" -n "$2" > "$2.nm"
}
link_with_symbols /dev/null "$OUT/objects/first.elf"
link_with_symbols "$OUT/objects/first.elf.nm" "$OUT/objects/second.elf"
awk -f symbols.awk "$OUT/objects/second.elf.nm" | cmp -s - "$OUT/objects/symbols.S" || fail "code moved between the two links"
echo "$objects" > "$OUT/linked"
mv "$OUT/objects/second.elf" "$OUT/sprout.elf"
