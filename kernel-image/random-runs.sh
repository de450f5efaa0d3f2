#!/usr/bin/env bash
# Runs schedules at random, one to three interrupts each, of a kernel without known bugs, and watches each run for hangs from its last interrupt on:
# whatever is said to hang is a false proof, or a bug that nobody knows. Prints a table of what was run. Fails if anything was found.
#
#   random-runs.sh sprout [RUNS]                      Sprout; 10,000 runs over four command lines
#   random-runs.sh linux KERNEL INITRAMFS [RUNS]      a boot of Linux from end to end, in windows of 100 ms of virtual time; 10,000 runs
#
# Other options of explore come from EXPLORE_OPTIONS, such as "--jobs 1".
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
result=$(mktemp)
trap 'rm -f "$result"' EXIT
runs=0
found=0

# count NAME: a number of the result; 0 if it is not there.
count() { sed -nE "s/^ +\"$1\" : ([0-9.]+),?$/\1/p" "$result" | head -1 | sed 's/^$/0/' | grep . || echo 0; }

# row NAME WINDOW RUNS SEED IMAGE OPTION...
row() {
    local name=$1 window=$2 status=0
    # shellcheck disable=SC2086
    "$here/../trapframe" explore "$5" --strategy random --all --budget "$3" --seed "$4" --json ${EXPLORE_OPTIONS:-} "${@:6}" \
        > "$result" 2> "$result.errors" < /dev/null || status=$?
    [ "$status" -le 1 ] || { cat "$result.errors" >&2; exit 2; }
    [ "$status" = 0 ] || { found=1; grep -E '"(cause|schedule|message)"' "$result" >&2; }
    runs=$((runs + $(count runs)))
    printf '| %s | %s | %s | %s | %s | %s | %s | %s | %.0f |\n' "$name" "$window" "$(count runs)" "$(count GoalReached)" "$(count Equivalent)" "$(count Hung)" \
        "$(count Failed)" "$(count BudgetExhausted)" "$(count hostSeconds)"
}

echo '| run | window | runs | ended well | no interrupt came | hang verdicts | failed | no end | seconds |'
echo '|---|---|---|---|---|---|---|---|---|'
case ${1:-} in
    sprout)
        all=${2:-10000}
        seed=0
        # Tenths of all runs.
        for share in "3 test=boot-stages" "3 test=kthread" "3 test=sleep" "1 test=ktest section=Rendezvous"; do
            seed=$((seed + 1))
            row "\`${share#* }\`" "first interrupt to the end" $((all * ${share%% *} / 10)) "$seed" "$here/target/sprout.elf" --append "${share#* }" --follow 20ms
        done
        ;;
    linux)
        kernel=$2 initramfs=$3 all=${4:-10000} step=100
        line='console=ttyS0 panic=-1'
        # From the first interrupt to the end, as explore chooses by itself.
        read -r from end < <("$here/../trapframe" explore "$kernel" --initrd "$initramfs" --append "$line" --budget 1 --strategy random 2>&1 < /dev/null |
            sed -nE 's/.* window ([0-9]+) to ([0-9]+):.*/\1 \2/p')
        first=$((from / 1000000 / step)) last=$((end / 1000000 / step))
        for ((i = first; i <= last; i++)); do
            window=()
            [ "$i" = "$first" ] || window+=(--from $((i * step * 1000000)))
            [ "$i" = "$last" ] || window+=(--to $(((i + 1) * step * 1000000)))
            share=$((all * (i - first + 1) / (last - first + 1) - all * (i - first) / (last - first + 1)))
            row "\`$line\`" "$((i * step)) ms on" "$share" "$i" "$kernel" --initrd "$initramfs" --append "$line" --follow 20ms "${window[@]}"
        done
        ;;
    *) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
rm -f "$result.errors"
echo "$runs runs"
exit "$found"
