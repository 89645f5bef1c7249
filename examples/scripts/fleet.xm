# Twenty guests at once, each with a name, a size and a weight of its own; then away with them.
let before = host.free_memory
for i in 1..20 {
  domain "web-${i}" {
    kernel = guest("pebble")
    memory = 4MiB + 4MiB * (i % 3)
    vcpus = 1 + i % 2
    cpu_weight = 64 * i
  }
}
parallel {
  for i in 1..10 { create "web-${i}" }
  for i in 11..20 { create "web-${i}" }
}
for i in 1..20 { wait until domain("web-${i}").console.last(1) =~ /^pebble>/ within 10s }

list | where name =~ /^web/ | sort by mem desc | select name, mem, vcpus | first 5
assert len(domains) == 21, "twenty guests and domain 0"

for i in 1..10 { shutdown "web-${i}" }
wait until len(domains) == 11 within 10s
for i in 11..20 { destroy "web-${i}" }
assert host.free_memory == before, "every page is back"
