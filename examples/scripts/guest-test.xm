# The guest's own test of the hypervisor, as a test of ours: xm run --virtual --junit report.xml guest-test.xm
domain "tester" { kernel = guest("pebble"); memory = 16MiB; vcpus = 2 }
create tester
console tester {
  expect /pebble> $/ within 5s
  send "selftest\n"
  let result = match /selftest: (\d+) ok, (\d+) failed/ within 60s
  assert int(result[2]) == 0, "${result[2]} checks failed"
  assert int(result[1]) > 50, "only ${result[1]} checks ran"
}
assert domain("tester").state != "crashed"
destroy tester
