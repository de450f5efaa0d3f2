#!/usr/bin/env bash
# Stops Sprout at the 13th task that it creates, in its test of kernel threads, and goes back by reverse-stepi, each timed by gdb: in Trapframe
# and in QEMU's record/replay. Prints the seconds of each. Needs what `mvn verify` has built, gdb, qemu-system-x86_64 and qemu-img.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
kernel=kernel-image/target/sprout.elf
work=$(mktemp -d)
trap 'kill $(jobs -p) 2> /dev/null || true; rm -rf "$work"' EXIT
for program in gdb qemu-system-x86_64 qemu-img; do
    command -v $program > /dev/null || { echo "reverse-stepi: $program is not installed" >&2; exit 2; }
done

# steps PORT COUNT: what gdb does.
steps() {
    gdb -q -nx -batch -ex "set pagination off" -ex "set confirm off" -ex "set sysroot /" -ex "target remote 127.0.0.1:$1" -ex "hbreak task_create" \
        -ex "ignore 1 12" -ex continue -ex delete -ex "python
import time
times = []
for i in range($2):
    begin = time.time()
    gdb.execute('reverse-stepi', to_string=True)
    times.append(round(time.time() - begin, 3))
print('seconds:', times)" -ex kill $kernel 2> /dev/null | grep seconds
}

export TRAPFRAME_BUILD=never
./trapframe boot $kernel --memory 64M --append test=kthread --gdb 0 --wait --console /dev/null < /dev/null 2> "$work/messages" &
until grep -q listening "$work/messages"; do sleep 0.1; done
echo "Trapframe, $(steps "$(sed -n 's/.*127.0.0.1://p' "$work/messages")" 30)"

qemu=(qemu-system-x86_64 -m 64 -kernel $kernel -append test=kthread -display none -monitor none -nic none -no-reboot
    -drive "file=$work/snapshots.qcow2,if=none,id=rr" -device isa-debug-exit,iobase=0xf4,iosize=4)
qemu-img create -q -f qcow2 "$work/snapshots.qcow2" 512M
"${qemu[@]}" -icount "shift=1,rr=record,rrfile=$work/record,rrsnapshot=init" -serial "file:$work/console" || [ $? -eq 33 ]
"${qemu[@]}" -icount "shift=1,rr=replay,rrfile=$work/record,rrsnapshot=init" -serial "file:$work/console" -S -gdb tcp:127.0.0.1:12397 &
sleep 5 # it listens before it can answer
echo "QEMU, $(steps 12397 3)"
