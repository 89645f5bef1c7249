# Configuration files from a script: an old xm program with its number, and one in xl's own style.
create old-xm.cfg number=2
create xl-style.cfg memory=24
list | where id > 0 | select name, mem, vcpus, weight

assert domain("old-2").memory == 8MiB
assert domain("xl-style").memory == 24MiB, "the command line wins over the file"
assert domain("xl-style").weight == 512
try {
  create old-xm.cfg number=17
  throw "that should not have worked"
} catch e { assert e.message =~ /from 1 to 9/ }
destroy old-2 xl-style
