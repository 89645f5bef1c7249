# What a watcher sees when a guest stalls and when it gets slow; it is not restarted for either.
domain "victim" { kernel = guest("pebble"); memory = 4MiB; cpus = "0"; extra = "run=burn" }
create victim
wait 500ms

fn progress(interval = 1s) {
  let before = domain("victim").cpu_time
  wait interval
  return (domain("victim").cpu_time - before) / interval
}

assert progress() > 95%, "it has the processor to itself"

inject stall on victim for 2s
assert progress() < 1%, "stalled, it does nothing"
wait 1500ms
assert progress() > 95%, "and goes on afterwards"

inject slow 20% on victim for 4s
wait 500ms
assert abs(progress(3s) - 20%) < 4%, "a fifth of a processor"
wait 1s
assert progress() > 90%, "the limit is gone"

try { inject lose-disk xvda on victim } catch e { print (e.message) }
destroy victim
