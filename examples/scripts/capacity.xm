# How many guests of each size fit, before one is made; then the plan is tried with the largest.
let reserve = 64MiB
let overhead = 1MiB
let free = host.free_memory - reserve

let sizes = [8MiB, 32MiB, 128MiB, 256MiB]
let plan = sizes.map(size => {
  let each = size + overhead
  return {size: size, guests: int(floor(free / each)), left: free % each}
})
plan | select size, guests, left | sort by guests desc

let largest = sizes.max()
let count = min(int(floor(free / (largest + overhead))), 4)
for i in 1..count {
  domain "big-${i}" { kernel = guest("pebble"); memory = largest }
  create "big-${i}" --paused
}
let used = sum(range(1, count + 1).map(i => domain("big-${i}").memory))
assert used == largest * count
assert host.free_memory > reserve, "the reserve is untouched"
for i in 1..count { destroy "big-${i}" }
