# Event handlers: what happens to domains, told as it happens, while the script does something else.
let log = []
on created as d { log += "created ${d}" }
on started as d { log += "started ${d}" }
on paused as d { log += "paused ${d}" }
on unpaused as d { log += "unpaused ${d}" }
on shutdown as d { log += "shutdown ${d}: ${d.reason}" }
on destroyed as d { log += "destroyed ${d}" }
on xenstore "/tool/motd" as text { log += "motd: ${text}" }

domain "one" { kernel = guest("pebble"); memory = 4MiB }
create one
wait 100ms
pause one
wait 100ms
unpause one
xenstore-write /tool/motd hello
wait 100ms
shutdown one --wait
wait 100ms

for line in log { print $line }
assert log == [
  "created one", "started one", "paused one", "unpaused one", "motd: hello", "shutdown one: poweroff", "destroyed one",
]
xenstore-rm /tool/motd
