# The machine's C compiler and linker for x86-64: sourced by the kernel's build and by that of the tests' guest images, which set
# NAME, what messages begin with. Sets CC, LD and TARGET, the option that tells clang what to make code for; CC and LD choose tools.

fail() {
    echo "$NAME: $1" >&2
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

TARGET=
if "$CC" --version 2> /dev/null | grep -q clang; then
    TARGET=--target=x86_64-linux-gnu
fi
LD=${LD:-$(first_found "$("$CC" $TARGET -print-prog-name=ld)" ld.lld ld)}
[ -n "$LD" ] || fail "no linker found: install binutils or lld"
