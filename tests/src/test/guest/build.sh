#!/bin/sh
# Builds the guest test images, one for each folder, with the machine's gcc or clang and its binutils: build.sh FOLDER.
# CC, LD and OBJCOPY choose tools.
set -eu
LC_ALL=C
export LC_ALL
unset CDPATH
OUT=$1
mkdir -p "$OUT"
OUT=$(cd -P "$OUT" && pwd)
cd -P "$(dirname "$0")"

NAME="guest snippets"
. ../../../../kernel-image/toolchain.sh
OBJCOPY=${OBJCOPY:-$(first_found "$("$CC" $TARGET -print-prog-name=objcopy)" llvm-objcopy objcopy)}
[ -n "$OBJCOPY" ] || fail "no objcopy found: install binutils or llvm"

# General registers only, and no red zone: the harness runs between exceptions that push below the stack pointer.
CFLAGS="$TARGET -ffreestanding -fno-pic -fno-pie -fno-stack-protector -fno-asynchronous-unwind-tables -mgeneral-regs-only
 -mno-red-zone -fcf-protection=none -Wall -Wextra -Werror -O1 -g0 -I."
LDFLAGS="-static -nostdlib -z noexecstack --build-id=none -T image.lds"

for image in long protected; do
    case $image in
        long) bits=64 emulation=elf_x86_64 ;;
        *) bits=32 emulation=elf_i386 ;;
    esac
    inputs="$(ls "$image"/* ./*.[chS] ./*.inc image.lds build.sh ../../../../kernel-image/toolchain.sh)"
    # Nothing to do while the image is newer than all that it is made of.
    if [ -e "$OUT/$image.elf" ] && [ -z "$(find $inputs -newer "$OUT/$image.elf")" ]; then
        continue
    fi
    objects=
    for source in "$image"/*.S "$image"/*.c harness.c; do
        object="$OUT/$image-$(basename "$source").o"
        "$CC" $CFLAGS -m$bits -I"$image" -c "$source" -o "$object"
        objects="$objects $object"
    done
    "$LD" -m $emulation $LDFLAGS -o "$OUT/$image.linked" $objects
    # 32-bit code too goes into an ELF64 file, the format of PVH kernels.
    "$OBJCOPY" -O elf64-x86-64 "$OUT/$image.linked" "$OUT/$image.new"
    mv "$OUT/$image.new" "$OUT/$image.elf"
done
