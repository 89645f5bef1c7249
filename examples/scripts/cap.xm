# A cap is a limit even when nobody else wants the processor: half of one, a quarter, and none at all.
domain "capped" { kernel = guest("pebble"); memory = 4MiB; cpus = "0"; extra = "run=burn" }
create capped
wait 500ms

fn share_of(name, interval = 5s) {
  let before = domain(name).cpu_time
  wait interval
  return (domain(name).cpu_time - before) / interval
}

let measured = []
for cap in [50, 25, 0] {
  sched-credit -d capped -c $cap
  wait 200ms
  let used = share_of("capped")
  let wanted = cap == 0 ? 1 : cap / 100
  assert abs(used - wanted) < 4%, "capped at ${cap}, it used ${used}"
  measured += {cap: cap, wanted: wanted, used: round(used, 2)}
}
measured | select cap, wanted, used
destroy capped
