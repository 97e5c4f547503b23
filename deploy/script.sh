# What the scripts share. Sourced: `. "$root/deploy/script.sh"` after `root` is set.
# shellcheck shell=bash

bed=${TESTBED:-$root/.bed}
script=$(basename "$0")
began=$SECONDS

say() { printf '[%4ds] %s\n' $((SECONDS - began)) "$*"; }

# One clear line, and the end.
fail() {
  printf '%s: %s\n' "$script" "$*" >&2
  exit 1
}

# retry TIMES COMMAND...: again after 2, 4, 8, ... seconds.
retry() {
  local times=$1 wait=2
  shift
  until "$@"; do
    times=$((times - 1))
    [ "$times" -gt 0 ] || return 1
    say "that failed; again in ${wait} s"
    sleep "$wait"
    wait=$((wait * 2))
  done
}

# quietly LABEL COMMAND...: keeps the output in a file, says every 15 s that it goes on, shows the end of the output
# when the command fails.
quietly() {
  local label=$1 log status=0 ticks=0
  shift
  log=$(mktemp)
  say "$label"
  "$@" >"$log" 2>&1 </dev/null &
  local running=$!
  while kill -0 "$running" 2>/dev/null; do
    sleep 0.5
    ticks=$((ticks + 1))
    if [ $((ticks % 30)) -eq 0 ]; then
      say "  ... $(tail -n 1 "$log" | tr -d '\r' | cut -c 1-100)"
    fi
  done
  wait "$running" || status=$?
  [ "$status" -eq 0 ] || tail -n 40 "$log" >&2
  rm -f "$log"
  return "$status"
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "packages are missing and this user is neither root nor has sudo"
  fi
}

# A port of 127.0.0.1 on which nobody listens, below the range that the system hands out.
free_port() {
  local port
  while :; do
    port=$((10000 + (RANDOM * 32768 + RANDOM) % 22000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  printf '%s\n' "$port"
}
