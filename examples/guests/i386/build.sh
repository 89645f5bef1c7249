#!/usr/bin/env bash
# Builds program.elf, a static binary for 32-bit Linux, or the file named as first argument.
set -euo pipefail
cd "$(dirname "$0")"
out=$(realpath -m "${1:-program.elf}")
"${CC:-gcc}" -m32 -march=i686 -mtune=generic -std=gnu11 -O2 -Wall -Wextra -Werror -static -nostdlib -ffreestanding -fno-builtin -fno-pic -fno-pie -no-pie \
  -fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none -fno-ident -fexcess-precision=fast -g0 -s \
  -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,max-page-size=4096 -o "$out" entry.S program.c
