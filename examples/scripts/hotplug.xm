# Processors and memory of a running guest, and a cap on what it may use.
domain "plug" { kernel = guest("pebble"); memory = 16MiB; maxmem = 32MiB; vcpus = 2; maxvcpus = 4 }
create plug
wait until domain("plug").console.last(1) =~ /^pebble>/ within 5s

vcpu-set plug 4
mem-set plug 32
wait 1s
vcpu-list plug
assert domain("plug").memory == 32MiB

sched-credit -d plug -c 50
console plug { send "burn 10\n" }
wait 1s
let before = domain("plug").cpu_time
wait 8s
let used = (domain("plug").cpu_time - before) / 8s
assert abs(used - 50%) < 5%, "four busy vCPUs, capped at half a processor, used ${used}"
destroy plug
