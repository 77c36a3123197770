#!/usr/bin/env bash
# Shared by all scripts: paths, output, env files, ports. Sourced, never run.
# deps.sh installs programs, stack.sh starts MariaDB and Redis.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck disable=SC2034 # used by scripts that source this file
CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/satchel
RUN_DIR=${RUN_DIR:-$ROOT/.run}
case $RUN_DIR in /*) ;; *) RUN_DIR=$PWD/$RUN_DIR ;; esac
export RUN_DIR

say() { printf '%s\n' "$*"; }
step() { if [ -t 1 ]; then printf '\033[1m==> %s\033[0m\n' "$*"; else printf '==> %s\n' "$*"; fi; }
warn() { printf 'warning: %s\n' "$*" >&2; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# The supervisor's command line: `supervise COMMAND …` for this run directory.
supervise() { python3 "$ROOT/scripts/supervise.py" "$RUN_DIR" "$@"; }

# random_secret BYTES: letters and digits only, so it is safe in a URL, in SQL and in an env file.
random_secret() { head -c "$1" /dev/urandom | od -An -vtx1 | tr -d ' \n'; }

# Written to a temporary file and renamed: readers never see half a file, and it is private from its first byte.
write_private() {
    local file=$1 part
    part=$(mktemp "$file.XXXXXX") # mktemp makes it 0600
    cat >"$part"
    mv -f "$part" "$file"
}

# One `NAME=value` per line, used literally: nothing in the file is executed.
load_env() {
    local line
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in '' | '#'*) continue ;; esac
        export "${line?}"
    done <"$1"
}

# Prints the value of NAME in an env file, nothing when it is not there.
env_value() { [ ! -f "$1" ] || sed -n "s/^$2=//p" "$1" | tail -n 1; }

# run_satchel PROGRAM SETTINGS-FILE ARGUMENTS…: with those settings and none of this environment's. Secrets are passed in the
# environment, never in arguments.
run_satchel() (
    program=$1 settings=$2
    shift 2
    for name in $(compgen -e SATCHEL_ || true); do unset "$name"; done
    load_env "$settings"
    cd "$RUN_DIR" && exec "$program" "$@"
)

# curl for the nginx of RUN_DIR, with a host name it accepts: ask_nginx PATH CURL-ARGUMENTS…
ask_nginx() {
    local path=$1 port address scheme
    port=$(env_value "$RUN_DIR/ports.env" PORT)
    address=$(env_value "$RUN_DIR/ports.env" ADDRESS)
    scheme=$(env_value "$RUN_DIR/ports.env" SCHEME)
    shift
    curl -ks --max-time 2 --noproxy '*' --connect-to "localhost:$port:$address:$port" "$@" "$scheme://localhost:$port$path"
}

# The service's own settings in this environment. The names of the test runners are not settings of the service,
# which rejects unknown names.
service_settings() {
    env -0 | tr '\n\0' '\1\n' | grep -E '^SATCHEL_' | grep -vE '^SATCHEL_(TEST|E2E)_' | LC_ALL=C sort ||
        true # none is fine
}

# Is the TCP port free on loopback? Only binding it shows.
port_free() {
    python3 - "$@" <<'PY'
import socket, sys
for port in map(int, sys.argv[1:]):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            sys.exit(1)
PY
}

# Prints the first of COUNT consecutive free ports, from a random start so that parallel runs rarely collide.
free_ports() {
    local count=$1 start try
    for try in {1..200}; do
        start=$((20000 + (RANDOM + try) % 10000))
        # shellcheck disable=SC2046 # the list of ports is meant to split
        if port_free $(seq "$start" $((start + count - 1))); then
            echo "$start"
            return
        fi
    done
    die "no $count consecutive free ports between 20000 and 30000"
}

# Waits until a command succeeds: wait_for SECONDS "what" command…
wait_for() {
    local seconds=$1 what=$2 end
    shift 2
    end=$((SECONDS + seconds))
    until "$@" >/dev/null 2>&1; do
        if [ "$SECONDS" -ge "$end" ]; then
            warn "$what: not ready after $seconds s"
            return 1
        fi
        sleep 0.1
    done
}

http_ok() { curl --silent --fail --max-time 2 --noproxy '*' -o /dev/null "$1"; }
