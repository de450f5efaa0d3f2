#!/usr/bin/env bash
# Explores every variant of Sprout with the command line that shows its bug, and the kernel without bugs with each command line, and prints a
# table of what was found. A run without interrupts that hangs by itself is a finding, but no search: such a variant is searched at the first of
# some timer phases at which that run ends well.
#
#   explore-all.sh [RUNS [NAME...]]    RUNS: at most, of the kernel without bugs, for each command line (64); only the variants named
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
runs=${1:-64}
names=" ${*:2} "
phases=(0 1300K 2600K 3900K 5200K 6500K 7800K 9100K)
result=$(mktemp)
trap 'rm -f "$result"' EXIT

# value NAME: of a number or text at the top of the result, or in its first finding.
value() { sed -nE "s/^ +\"$1\" : \"?([^\"]*[^\",])\"?,?$/\1/p" "$result" | head -1; }

# row NAME IMAGE COMMAND-LINE OPTION...
row() {
    local name=$1 image=$2 line=$3 phase used
    shift 3
    for phase in "${phases[@]}"; do
        used=$phase
        "$here/../trapframe" explore "$here/target/$image.elf" --append "$line" --memory 8M --timer-phase "$phase" --json "$@" \
            > "$result" 2> /dev/null || [ $? = 1 ] || { echo "explore failed: $name, phase $phase" >&2; exit 1; }
        [ "$(value strategy)" = none ] && [ "$name" != channels-64 ] || break
    done
    printf '| `%s` | `%s` | %s | %s | %s | %s | %s | %.1f |\n' "$name" "$line" "$used" "$(value cause | sed 's/^$/nothing/')" "$(value schedule)" \
        "$(value runs)" "$(value cutOff)" "$(value hostSeconds)"
}

echo '| kernel | command line | timer phase | found | schedule | runs | cut off | seconds |'
echo '|---|---|---|---|---|---|---|---|'
awk '/^## `/ { gsub(/[#` ]/, ""); name = $0 } /^- Measured: / { sub(/^- Measured: `/, ""); sub(/`$/, ""); print name "\t" $0 }' "$here/VARIANTS.md" |
    while IFS=$'\t' read -r name line; do
        [ "$names" = "  " ] || [[ $names = *" $name "* ]] || continue
        row "$name" "sprout-$name" "$line" --limit 4s < /dev/null
    done
[ "$names" = "  " ] || exit 0
sed -nE 's/^\| `(.+)` \| [0-9]+ ms \|.*/\1/p' "$here/VARIANTS.md" | while IFS= read -r line; do
    row "without bugs" sprout "$line" --limit 4s --budget "$runs" < /dev/null
done
