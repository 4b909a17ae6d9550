# SPDX-License-Identifier: Apache-2.0
# What the scripts of shards have in common; they source it.

# The program: HEADWATER, else the one that is built in the tree of the scripts, else that of the PATH.
if [ -z "${HEADWATER:-}" ]; then
  HEADWATER=$(cd "$(dirname "$0")/.." && pwd)/build/headwater
  [ -x "$HEADWATER" ] || HEADWATER=headwater
fi

# What reads the messages may end before the scripts do, as tee does that Ctrl-C ends as well: that is no end of a shard.
trap '' PIPE

# A forked shell drops signals until it has reset its traps. Then it sends SIGUSR1, and a stop that came before is passed on to it. Each trap looks
# at the other's variable and sets its own in one assignment, so a stop is passed on once: a second one would end headwater at once. A hang-up that was
# ignored from the start (nohup) stays ignored: a shell cannot set a trap for it then.
stop='' ready='' caught=''
trap 'was_ready=$ready stop=yes caught=yes; [ -z "$was_ready" ] || kill -TERM "$!" 2>/dev/null' HUP INT QUIT TERM
trap 'was_stopped=$stop ready=yes caught=yes; [ -z "$was_stopped" ] || kill -TERM "$!" 2>/dev/null' USR1

# Runs a command that a stop of this shell (SIGHUP, SIGINT, SIGQUIT, SIGTERM) stops by SIGTERM, and waits for its end. Its exit code; 130 where a stop
# ended it, or came before it. What a terminal sends to all of its programs is ignored in the command, which would be stopped twice.
run_child() { # exec, command...
  child_code=''
  [ -z "$stop" ] || return 130
  (trap '' HUP INT QUIT; trap - TERM; kill -USR1 $$; "$@") &
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

# Runs a command as run_child does. Its stdout goes to a file and is shown at the end: a program that wrote to a reader that has ended would fail.
run_child_to() { # file, exec, command...
  said=$1
  shift
  run_child "$@" >"$said"
  code=$?
  cat "$said"
  rm -f "$said"
  return "$code"
}

# The copy takes its name when it is whole. What lies beside a file of that name is the log of the one that is replaced, and is deleted with it: SQLite
# would fold it into the new one. What is left of a copy that failed is deleted. A signal does not end it.
copy_whole() { # from, to
  (
    trap '' HUP INT QUIT TERM
    cp "$1" "$2.copy" && rm -f "$2-wal" "$2-shm" "$2-journal" && mv "$2.copy" "$2" && exit
    rm -f "$2.copy"
    exit 1
  )
}

# A name that no program takes for an option.
file_name() { # name
  case $1 in
    -*) printf './%s' "$1" ;;
    *) printf '%s' "$1" ;;
  esac
}

# A word as a shell reads it.
quoted() { # word
  case $1 in
    '' | *[!A-Za-z0-9_./-]*) printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")" ;;
    *) printf '%s' "$1" ;;
  esac
}
