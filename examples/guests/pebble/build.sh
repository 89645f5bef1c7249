#!/usr/bin/env bash
# Builds pebble.elf, or the file named as first argument. The same compiler gives the same bytes: no build id, no paths, no dates.
set -euo pipefail
export LC_ALL=C # the order of a glob must not depend on the machine
cd "$(dirname "$0")"
out=$(realpath -m "${1:-pebble.elf}")
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT

flags=(
  -std=gnu11 -O2 -Wall -Wextra -Werror
  -ffreestanding -fno-builtin -fno-strict-aliasing -fno-stack-protector -fno-common
  -fno-pic -fno-pie -mcmodel=kernel -march=x86-64 -mtune=generic
  -mgeneral-regs-only -mno-red-zone # an event may come between any two instructions, on the same stack
  -fno-asynchronous-unwind-tables -fno-unwind-tables -fcf-protection=none -fno-ident -g0
  -ffunction-sections -fdata-sections -Wno-missing-field-initializers
)
for source in *.S *.c; do
  "${CC:-gcc}" "${flags[@]}" -c "$source" -o "$objects/$source.o"
done
"${LD:-ld}" -nostdlib -static -T pebble.lds -z max-page-size=4096 -z noexecstack --build-id=none --gc-sections --no-warn-rwx-segments -s \
  -o "$out" "$objects"/*.o
