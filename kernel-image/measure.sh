#!/bin/sh
# Boots a variant, or without one the kernel itself, in Trapframe with test=kthread, RUNS times, each with the ticks at another place of the
# test, in equal steps through one tick, and counts how the runs end:
#
#     ./measure.sh RUNS [VARIANT]
set -eu
cd -P "$(dirname "$0")"
# A tick of 10 ms is 10,000,000 executed code bytes, and a turn of the loop of phase= has 5.
TICK_TURNS=2000000
LIMIT=180ms

case ${1:-} in
    '' | *[!0-9]* | 0*) echo "usage: measure.sh RUNS [VARIANT]" >&2; exit 2 ;;
esac
RUNS=$1
image=target/sprout${2:+-$2}.elf
well=0
failed=0
hung=0
phases=
run=0
while [ "$run" -lt "$RUNS" ]; do
    status=0
    phase=$((run * (TICK_TURNS / RUNS)))
    ../trapframe boot "$image" --memory 8M --append "test=kthread phase=$phase" --limit "$LIMIT" > /dev/null 2>&1 || status=$?
    case $status in
        0) well=$((well + 1)) ;;
        1) failed=$((failed + 1)); phases="$phases $phase" ;;
        3 | 4) hung=$((hung + 1)); phases="$phases $phase" ;;
        *) echo "measure: trapframe ended with status $status" >&2; exit 2 ;;
    esac
    run=$((run + 1))
done
echo "$image: $well end well, $hung hang, $failed fail${phases:+; not well at phase$phases}"
