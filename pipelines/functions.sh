# SPDX-License-Identifier: Apache-2.0
# What the scripts of shards have in common; they source it.

# The program: HEADWATER, else the one that is built in the tree of the scripts, else that of the PATH.
if [ -z "${HEADWATER:-}" ]; then
  HEADWATER=$(cd "$(dirname "$0")/.." && pwd)/build/headwater
  [ -x "$HEADWATER" ] || HEADWATER=headwater
fi

# A forked shell drops signals until it has reset its traps. Then it sends SIGUSR1, and a stop that came before is passed on to it. Each trap looks
# at the other's variable and sets its own in one assignment, so a stop is passed on once: a second one would end headwater at once.
stop='' ready='' caught=''
trap 'was_ready=$ready stop=yes caught=yes; [ -z "$was_ready" ] || kill -TERM "$!" 2>/dev/null' TERM INT
trap 'was_stopped=$stop ready=yes caught=yes; [ -z "$was_stopped" ] || kill -TERM "$!" 2>/dev/null' USR1

# Runs a command that SIGTERM and SIGINT to this shell stop, and waits for its end. Its exit code; 130 where a stop ended it, or came before it.
run_child() { # exec, command...
  child_code=''
  [ -z "$stop" ] || return 130
  (trap - TERM INT; kill -USR1 $$; "$@") &
  for _ in 1 2 3 4 5 6 7 8 9 10; do # not in wait: bash may not see a signal that comes just before it
    [ -z "$ready" ] || break
    sleep 0.1
  done
  while :; do # a signal to this shell ends wait, not the command
    caught=''
    wait "$!"
    code=$?
    [ -z "$child_code" ] || [ "$code" != 127 ] || break # its end was told by the wait before
    child_code=$code
    [ -n "$caught" ] || kill -0 "$!" 2>/dev/null || break
  done
  ready=''
  [ -z "$stop" ] || [ "$child_code" != 143 ] || child_code=130
  return "$child_code"
}

# The copy takes its name when it is whole; what is left of one that failed is deleted. A signal does not end it.
copy_whole() { # from, to
  (trap '' TERM INT; cp "$1" "$2.copy") && mv "$2.copy" "$2" && return
  rm -f "$2.copy"
  return 1
}

# A word as a shell reads it.
quoted() { # word
  case $1 in
    '' | *[!A-Za-z0-9_./-]*) printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")" ;;
    *) printf '%s' "$1" ;;
  esac
}
