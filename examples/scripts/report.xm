# Tables of several commands, joined, counted, and written as JSON and CSV for somebody else.
for i in 1..3 {
  domain "unit-${i}" { kernel = guest("pebble"); memory = 4MiB * i; vcpus = i }
  create "unit-${i}"
}
wait 1s

let guests = list | where name =~ /^unit-/
guests | join (vcpu-list) on name | group by name | select name, vcpus: count | sort by vcpus desc
guests | select name, mem | save /tmp/xenolith-units.json | count
guests | select name, mem, share: mem / 24MiB | to csv

assert (guests | sum mem) == 24MiB
assert (guests | avg vcpus) == 2
assert (guests | where vcpus > 1 | count) == 2
for d in guests { destroy (d.name) }
