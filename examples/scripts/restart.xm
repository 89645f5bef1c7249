# A guest that crashes is started again, until somebody has seen it three times.
domain "phoenix" { kernel = guest("pebble"); memory = 4MiB; on_crash = "restart"; on_reboot = "restart" }

let crashes = 0
on crashed of "phoenix" as d {
  crashes += 1
  print "crash ${crashes}: ${d.reason}"
}
on rebooted of "phoenix" { print "and it is back" }

create phoenix
for how in ["write", "ud2", "write"] {
  console phoenix {
    expect /pebble> $/ within 10s
    send "crash ${how}\n"
  }
  wait for rebooted of "phoenix" within 10s
}
assert crashes == 3, "all three were seen"
wait until domain("phoenix").console.last(1) =~ /^pebble>/ within 10s
destroy phoenix
