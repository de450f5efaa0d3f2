#!/bin/sh
# Boots a variant, or with "fixed" the kernel itself, in Trapframe with the command line that VARIANTS.md gives for the variant, RUNS times,
# each with the ticks at another place of what it runs, in equal steps through one tick, and counts how the runs end:
#
#     ./measure.sh RUNS VARIANT [fixed]
set -eu
cd -P "$(dirname "$0")"
# A tick of 10 ms is 10,000,000 executed code bytes, and a turn of the loop of phase= has 5.
TICK_TURNS=2000000

usage() {
    echo "usage: measure.sh RUNS VARIANT [fixed]" >&2
    exit 2
}

case ${1:-} in
    '' | *[!0-9]* | 0*) usage ;;
esac
RUNS=$1
# The line "- Measured: `COMMAND LINE`, LIMIT" below the variant's heading.
measured=$(awk -v heading="## \`${2:-}\`" '/^## / { here = $0 == heading } here && sub(/^- Measured: `/, "")' VARIANTS.md)
command_line=${measured%%\`*}
limit=${measured##*, }
[ -n "$measured" ] || usage
case ${3:-} in
    '') image=target/sprout-$2.elf ;;
    fixed) image=target/sprout.elf ;;
    *) usage ;;
esac
well=0
failed=0
hung=0
phases=
run=0
while [ "$run" -lt "$RUNS" ]; do
    status=0
    phase=$((run * (TICK_TURNS / RUNS)))
    ../trapframe boot "$image" --memory 8M --append "$command_line phase=$phase" --limit "$limit" > /dev/null 2>&1 || status=$?
    case $status in
        0) well=$((well + 1)) ;;
        1) failed=$((failed + 1)); phases="$phases $phase" ;;
        3 | 4) hung=$((hung + 1)); phases="$phases $phase" ;;
        *) echo "measure: trapframe ended with status $status" >&2; exit 2 ;;
    esac
    run=$((run + 1))
done
echo "$image, $command_line: $well end well, $hung hang, $failed fail${phases:+; not well at phase$phases}"
