# A guest gives memory back and gets it again; the host's free memory tells the same story.
domain "balloon" { kernel = guest("pebble"); memory = 32MiB; maxmem = 48MiB }
create balloon
console balloon { expect /pebble> $/ within 5s }

let start = host.free_memory
for target in [16, 24, 48, 32] {
  mem-set balloon $target
  wait until domain("balloon").memory == target * 1MiB within 2s
  assert abs(host.free_memory - start - (32 - target) * 1MiB) <= 1MiB, "free memory does not fit ${target} MiB"
}

console balloon {
  send "mem\n"
  let m = match /(\d+) KiB now/ within 2s
  assert int(m[1]) == 32768, "the guest itself counts ${m[1]} KiB"
}
destroy balloon
