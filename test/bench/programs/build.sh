#!/usr/bin/env bash
# Builds the workloads twice into the folder named as first argument: `programs`, a static Linux program, and `programs.elf`, a guest.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
pebble=$here/../../../examples/guests/pebble
out=$(realpath "$1")
workloads=(table integer text floating churn)
common=(-std=gnu11 -O2 -Wall -Werror -march=x86-64 -mtune=generic -fno-math-errno -fno-strict-aliasing ${CFLAGS:-})
kernel=(-ffreestanding -fno-stack-protector -fno-common -fno-pic -fno-pie -mcmodel=kernel -mno-red-zone
  -fno-asynchronous-unwind-tables -fcf-protection=none -fno-ident -DBENCH)
"${CC:-gcc}" "${common[@]}" -static -Wl,--no-warn-rwx-segments -o "$out/programs" "$here/linux.c" $(printf "$here/%s.c " "${workloads[@]}")
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
for source in "$pebble"/*.S "$pebble"/*.c; do
  "${CC:-gcc}" "${common[@]}" "${kernel[@]}" -mgeneral-regs-only -Wno-missing-field-initializers -c "$source" -o "$objects/$(basename "$source").o"
done
for name in "${workloads[@]}" pebble; do
  sse=()
  [ "$name" = pebble ] && sse=(-mgeneral-regs-only)
  "${CC:-gcc}" "${common[@]}" "${kernel[@]}" -fno-builtin "${sse[@]}" -I"$pebble" -c "$here/$name.c" -o "$objects/bench-$name.o"
done
"${LD:-ld}" -nostdlib -static -T "$pebble/pebble.lds" -z max-page-size=4096 -z noexecstack --build-id=none --no-warn-rwx-segments \
  -o "$out/programs.elf" "$objects"/*.o
