# Boots a guest, talks to it, and shuts it down.
create pebble.cfg
console pebble {
  expect /pebble> / within 10s
  send "echo hello\r"
  expect /hello/ within 5s
}
shutdown pebble --wait
