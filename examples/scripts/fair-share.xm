# The credit scheduler honours weights: three guests that burn on one processor.
let guests = []
for w in [128, 256, 512] {
  domain "burn-${w}" { kernel = guest("pebble"); memory = 16MiB; cpus = "1"; cpu_weight = w; extra = "run=burn" }
  create "burn-${w}"
  guests += "burn-${w}"
}
wait 5s
let total = sum(guests.map(g => domain(g).cpu_time))
for w in [128, 256, 512] {
  let share = domain("burn-${w}").cpu_time / total
  assert abs(share - w / 896) < 3%, "burn-${w} got ${share}"
}
list | where name =~ /^burn/ | sort by time desc | select name, time, weight
destroy burn-128 burn-256 burn-512
