# SPDX-License-Identifier: Apache-2.0
# What the scripts of shards have in common; they source it.

child='' stop=''
trap 'stop=yes; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM INT

# Runs a command that SIGTERM and SIGINT to this shell stop, and waits for its end. Its exit code.
run_child() { # command...
  "$@" &
  child=$!
  [ -z "$stop" ] || kill -TERM "$child" 2>/dev/null # the signal came before the command
  child_code=130
  while kill -0 "$child" 2>/dev/null; do # a signal to this shell ends wait, not the command
    wait "$child"
    child_code=$?
  done
  child=''
  return "$child_code"
}

# The copy takes its name when it is whole; what is left of one that failed is deleted. A signal does not end it.
copy_whole() { # from, to
  (trap '' TERM INT; cp "$1" "$2.copy") && mv "$2.copy" "$2" && return
  rm -f "$2.copy"
  return 1
}
