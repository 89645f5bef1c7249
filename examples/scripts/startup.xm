# Three tiers that start in order: each waits until those that it comes after are ready.
domain db {
  kernel = guest("pebble")
  memory = 8MiB
  ready = /pebble> $/
}
domain cache {
  kernel = guest("pebble")
  memory = 4MiB
  ready = "blocked"
}
domain web {
  kernel = guest("pebble")
  memory = db.memory / 2
  after = [db, cache]
  ready = "data/ready"
  ready_within = 10s
  extra = "db=${db.name} cache=${cache.name}"
}
domain proxy {
  kernel = guest("pebble")
  memory = 4MiB
  after = [web]
}

# The web tier says by itself when it is ready: here its console is told to.
on started of "web" {
  console web {
    expect /pebble> $/ within 5s
    send "xenstore data/ready yes\n"
  }
}

# db and cache at the same time, then whatever depends on them.
parallel {
  create db
  create cache
}
create web
wait 100ms
create proxy
list | where id > 0 | sort by id | select name, mem

let order = list | where id > 0 | sort by id | each d => d.name
assert order.index("web") > order.index("db") and order.index("proxy") > order.index("web")
destroy proxy web cache db
