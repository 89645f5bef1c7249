# A guest dies in several ways; its neighbour does not notice, and the log says why.
domain "good" { kernel = guest("pebble"); memory = 4MiB }
create good

for how in ["jump", "nostack", "deepfault"] {
  domain "bad" { kernel = guest("pebble"); memory = 4MiB; extra = "run=hostile:${how}"; on_crash = "preserve" }
  create bad
  wait until domain("bad").state == "crashed" within 5s
  assert domain("bad").shutdown_reason == "crash"
  console good {
    send "echo still here after ${how}\n"
    expect /\nstill here after/ within 1s
  }
  destroy bad
}
dmesg
destroy good
