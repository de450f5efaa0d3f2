#!/bin/sh
# Boots a variant, or with "fixed" the kernel itself, in Trapframe with the command line that VARIANTS.md gives for the variant, RUNS times,
# each with another phase of the timer, in equal steps through one tick, and counts how the runs end:
#
#     ./measure.sh RUNS VARIANT [fixed]
set -eu
cd -P "$(dirname "$0")"
# A tick of 10 ms is 10,000,000 executed code bytes.
TICK=10000000

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
COMMAND_LINE=${measured%%\`*}
LIMIT=${measured##*, }
[ -n "$measured" ] || usage
case ${3:-} in
    '') IMAGE=target/sprout-$2.elf ;;
    fixed) IMAGE=target/sprout.elf ;;
    *) usage ;;
esac
export COMMAND_LINE LIMIT IMAGE

# One line for each run: the phase and the exit code.
seq 0 $((TICK / RUNS)) $((TICK / RUNS * (RUNS - 1))) | xargs -P "$(getconf _NPROCESSORS_ONLN)" -I PHASE sh -c '
    status=0
    ../trapframe boot "$IMAGE" --memory 8M --append "$COMMAND_LINE" --limit "$LIMIT" --timer-phase PHASE > /dev/null 2>&1 || status=$?
    echo PHASE $status' | sort -n | awk -v image="$IMAGE" -v command_line="$COMMAND_LINE" '
    $2 == 0 { well++; next }
    $2 == 1 { failed++ }
    $2 == 3 || $2 == 4 { hung++ }
    $2 > 4 || $2 == 2 { print "measure: trapframe ended with status " $2; exit 2 }
    { phases = phases " " $1 }
    END { printf "%s, %s: %d end well, %d hang, %d fail%s\n", image, command_line, well, hung, failed, phases == "" ? "" : "; not well at phase" phases }'
