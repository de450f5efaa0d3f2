#!/usr/bin/env bash
# Boots Debian's cloud kernel to its reboot in Trapframe and in QEMU in turn, and Sprout to its first line, and prints
# medians and ratios of the host's time, from the command to its end: docs/performance/peers.sh [ROUNDS]
# Needs what `mvn verify` has built, and qemu-system-x86_64.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
rounds=${1:-7}
export LC_ALL=C
fail() { printf 'peers: %s\n' "$*" >&2; exit 2; }

command -v qemu-system-x86_64 > /dev/null || fail "qemu-system-x86_64 is not installed"
[ -f tests/target/test-classes/trapframe/tests/DebianKernelFiles.class ] || fail "run mvn verify first"
doctor=$(./trapframe doctor)
export TRAPFRAME_BUILD=never
java=$(sed -n 's|^ok  *JDK  *[^ ]*, ||p' <<< "$doctor")/bin/java
files=$("$java" -Dtrapframe.root="$PWD" -cp tests/target/test-classes trapframe.tests.DebianKernelFiles)
{ read -r kernel; read -r initramfs; read -r append; } <<< "$files"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# timed NAME COMMAND...: appends wall, user and system seconds to a file of that name; the command must end well.
timed() {
    local name=$1
    shift
    TIMEFORMAT='%R %U %S'
    { time "$@" < /dev/null > "$work/console" 2> "$work/messages"; } 2>> "$work/$name" \
        || fail "$name failed: $(tail -n 1 "$work/messages")"
}

# until_line NAME TEXT COMMAND...: the same up to the first line with the text, for wall seconds only.
until_line() {
    local name=$1 text=$2 begin end
    shift 2
    begin=$EPOCHREALTIME
    { "$@" < /dev/null 2> /dev/null || true; } | { grep -m 1 -F -q -- "$text"; printf '%s' "$EPOCHREALTIME" > "$work/end"; cat > /dev/null; }
    end=$(< "$work/end")
    awk -v b="$begin" -v e="$end" 'BEGIN { printf "%.3f 0 0\n", e - b }' >> "$work/$name"
}

trapframe() { ./trapframe boot "$kernel" --initrd "$initramfs" --memory 512M --append "$append"; }
qemu() {
    qemu-system-x86_64 -machine pc -accel tcg "$@" -m 512 -kernel "$kernel" -initrd "$initramfs" -append "$append" \
        -display none -serial stdio -monitor none -no-reboot
}

for ((round = 1; round <= rounds; round++)); do
    timed trapframe trapframe
    grep -q TRAPFRAME-USERSPACE-OK "$work/console" || fail "the kernel did not reach user space in Trapframe"
    timed qemu-icount qemu -icount shift=1,sleep=off
    grep -q TRAPFRAME-USERSPACE-OK "$work/console" || fail "the kernel did not reach user space in QEMU"
    timed qemu qemu
    until_line sprout-first-line '[stage' ./trapframe boot
done

# median NAME COLUMN
median() { awk -v c="$2" '{ print $c }' "$work/$1" | sort -n | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }

base=$(median qemu-icount 1)
printf '%d rounds, medians, load %s\n' "$rounds" "$(cut -d ' ' -f 1-3 /proc/loadavg 2> /dev/null || echo unknown)"
least() { cut -d ' ' -f 1 "$work/$1" | sort -n | head -n 1; }
printf '%-36s %8s %8s %8s %8s %8s\n' "" wall user system "x icount" "least"
for name in trapframe qemu-icount qemu; do
    printf 'Debian to its reboot, %-14s %8.2f %8.2f %8.2f %8.2f %8.2f\n' "$name" "$(median $name 1)" "$(median $name 2)" \
        "$(median $name 3)" "$(awk -v a="$(median $name 1)" -v b="$base" 'BEGIN { print a / b }')" \
        "$(least $name)"
done
printf 'Sprout from the command to its first line %.2f\n' "$(median sprout-first-line 1)"
