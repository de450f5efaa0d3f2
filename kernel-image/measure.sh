#!/bin/sh
# Boots variants of the kernel in Trapframe, PHASES times each, with the command line that VARIANTS.md gives for the variant and another phase
# of the timer each time, in equal steps through one tick, and counts how the boots end. A name is that of a variant, `fixed` for the kernel
# itself with every command line, or `all`. Needs what `mvn verify` has built.
#
#     ./measure.sh PHASES NAME...
set -eu
cd -P "$(dirname "$0")/.."

[ -f tests/target/test-classes/trapframe/tests/MeasureVariants.class ] || { echo "measure: run mvn verify first" >&2; exit 2; }
java=$(TRAPFRAME_BUILD=never ./trapframe doctor | sed -n 's|^ok  *JDK  *[^ ]*, ||p')/bin/java
exec "$java" --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -Dtrapframe.root="$PWD" -cp emulator/target/classes:tests/target/test-classes \
    trapframe.tests.MeasureVariants "$@"
