# A small monitor: every second of machine time for ten seconds, who used how much.
domain "busy" { kernel = guest("pebble"); memory = 4MiB; extra = "run=burn" }
domain "idle" { kernel = guest("pebble"); memory = 4MiB }
create busy
create idle

let samples = []
every 1s for 10s {
  samples += {at: now(), busy: domain("busy").cpu_time, idle: domain("idle").cpu_time}
}
assert len(samples) == 10
let last = samples[-1]
assert last.busy > last.idle * 100
samples | select at, busy, idle | last 3
destroy busy idle
