#!/bin/sh
# The command of the tarball, with the Node beside it. Ends in exec: the process that is seen and signalled is the program.
set -eu

self=$0
while [ -L "$self" ]; do
  # The only other program that is needed, and only where this one is called through a link.
  target=$(PATH="${PATH:-}:/usr/bin:/bin" readlink "$self")
  case $target in
    /*) self=$target ;;
    *) self=${self%/*}/$target ;;
  esac
done
case $self in
  */*) folder=${self%/*} ;;
  *) folder=. ;;
esac
root=$(CDPATH='' cd -P -- "${folder:-/}/.." && pwd)

# For a gateway that is asked to stop: whether another version is there by now.
export POSTERN_CALLED_AS="$0"
exec "$root/node/bin/node" "$root/dist/cli/main.js" "$@"
