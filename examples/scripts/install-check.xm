# Is a guest installed as it should be? Asked on its console, as a person would; every answer is checked.
domain "candidate" { kernel = guest("pebble"); memory = 8MiB; vcpus = 2; extra = "role=web" }
create candidate

fn ask(command, pattern) {
  console candidate {
    send "${command}\n"
    let m = match pattern within 5s
    expect /pebble> $/ within 5s
    return m
  }
}

console candidate {
  let banner = match /pebble (\d+)\.(\d+) on Xen (\d+)\.(\d+), (\d+) vCPUs?, (\d+) MiB/ within 5s
  expect /pebble> $/ within 5s
  assert int(banner[1]) >= 1, "version ${banner[1]}.${banner[2]} is too old"
  assert int(banner[5]) == 2, "two processors"
  assert int(banner[6]) == 8, "8 MiB"
}
let name = ask("xenstore name", /candidate/)
assert name != null, "it knows its own name"
let test = ask("selftest", /selftest: (\d+) ok, (\d+) failed/)
assert int(test[2]) == 0, "its own test fails ${test[2]} times"
print "candidate is fit for service"
shutdown candidate --wait
