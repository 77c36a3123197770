#!/usr/bin/env bash
# `make bench`: the CPU time of a request, as a multiple of the same work on the baseline server (benches/baseline_server).
# Starts a private MariaDB and Redis on free ports, seeds them, runs scripts/bench.py and stops everything when it exits.
#   ROUNDS=5 SECONDS_EACH=2          how often and how long each row is measured
#   LIMITS=off                       without rate limits (the default is on, too wide to be reached)
#   ONLY=list                        only rows whose name contains this text
#   BASELINE=write                   record the values of this run in benches/baseline.json, for comparison with later runs
#   PERF=/tmp/perf-                  also profile these rows with perf, into files with this prefix
#   BINARY=… BASELINE_SERVER=…       use these programs instead of building them
#   SMOKE=1                          for `make test`: debug builds, small accounts, one short round, all statuses checked
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/deps.sh
. "$(dirname "$0")/deps.sh"
# shellcheck source=scripts/stack.sh
. "$(dirname "$0")/stack.sh"

need python3 wrk mariadbd mariadb-install-db mariadb redis-server
ulimit -n 8192 2>/dev/null || warn "the limit of open files is low: the row with 1,000 connections may fail"

# build COMMAND…: prints the paths of satchel and the baseline server that this cargo command builds.
build() {
    cargo "$@" --locked --bench baseline_server --message-format=json-render-diagnostics | python3 -c '
import json, sys
messages = (json.loads(line) for line in sys.stdin)
built = {m["target"]["name"]: m["executable"] for m in messages if m["reason"] == "compiler-artifact" and m["executable"]}
print(built["satchel"], built["baseline_server"])'
}
cd "$ROOT"
binary=${BINARY:-} baseline_server=${BASELINE_SERVER:-} smoke=${SMOKE:-}
if [ -n "$smoke" ] && [ -z "$binary$baseline_server" ]; then
    need_rust
    # The profile and features of `cargo test`, which has built everything but the baseline server.
    built=$(build build)
    read -r binary baseline_server <<<"$built"
fi
[ -n "$binary" ] || binary=$(scripts/build.sh)
if [ -z "$baseline_server" ]; then
    need_rust
    step "building the baseline server"
    built=$(build bench --no-run)
    read -r _ baseline_server <<<"$built"
fi
for program in "$binary" "$baseline_server"; do [ -x "$program" ] || die "$program is not a program"; done

work=$(mktemp -d)
RUN_DIR=$work/run
mkdir -p "$RUN_DIR/log"
finish() {
    supervise down >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

step "starting MariaDB and Redis"
db_port=$(free_ports 4)
redis_port=$((db_port + 1)) http_port=$((db_port + 2)) baseline_port=$((db_port + 3))
describe_mariadb "$db_port" fast
describe_redis "$redis_port" ""
OWNER_PID=$$ start_supervisor
wait_for_stores "$redis_port"
db_password=$(random_secret 24)
create_schema "$db_password" "$db_password"
{
    "$binary" secret
    echo "SATCHEL_DB_URL=mysql://satchel_app:$db_password@127.0.0.1:$db_port/satchel"
    echo "SATCHEL_DB_MIGRATE_URL=mysql://satchel_migrate:$db_password@127.0.0.1:$db_port/satchel"
    echo "SATCHEL_REDIS_URL=redis://127.0.0.1:$redis_port"
    echo "SATCHEL_HTTP_ADDR=127.0.0.1:$http_port"
    echo "SATCHEL_API_LIMITS=${LIMITS:-on}"
    for policy in USER ADDRESS; do echo "SATCHEL_LIMIT_$policy=1000000000/60"; done
    echo "SATCHEL_SHUTDOWN_DRAIN_S=0"
} | write_private "$RUN_DIR/satchel.env"
write_private "$RUN_DIR/baseline_server.env" <<ENV
BASELINE_SERVER_ADDR=127.0.0.1:$baseline_port
BASELINE_SERVER_DB_URL=mysql://baseline_server:$db_password@127.0.0.1:$db_port/baseline_server
BASELINE_SERVER_REDIS_URL=redis://127.0.0.1:$redis_port
ENV
run_satchel "$binary" "$RUN_DIR/satchel.env" migrate >"$RUN_DIR/log/migrate.log"
# A schema and a user of its own: the service's user may only use the service's tables.
db_admin <<SQL
CREATE DATABASE baseline_server;
CREATE USER baseline_server@'127.0.0.1' IDENTIFIED BY '$db_password';
GRANT SELECT ON baseline_server.* TO baseline_server@'127.0.0.1';
USE baseline_server;
CREATE TABLE seeded_rows (id BIGINT UNSIGNED PRIMARY KEY, text VARCHAR(200) NOT NULL)
SELECT seq AS id, REPEAT(SUBSTR(MD5(seq), 1, 20), 10) AS text FROM seq_1_to_1000;
SQL

random_secret 16 >"$RUN_DIR/password"
# seed NAME NOTES: an account with notes and tasks. The words to search for are written to a file.
seed() {
    local owner
    run_satchel "$binary" "$RUN_DIR/satchel.env" user create --username "$1" --email "$1@example.org" --password-stdin --verified \
        <"$RUN_DIR/password" >/dev/null
    owner=$(db_admin satchel -e "SELECT HEX(id) FROM users WHERE username = '$1'")
    { echo "SET @owner = UNHEX('$owner'), @notes = $2;" && cat benches/seed.sql; } | db_admin satchel >"$RUN_DIR/seeded"
    grep -qx 'postings are complete' "$RUN_DIR/seeded" || die "the search index of the account $1 is incomplete"
    grep -E '^[0-9a-f]{9}$' "$RUN_DIR/seeded" >"$RUN_DIR/words"
}
small=1000 large=100000 writers=(writer{1..8})
[ -z "$smoke" ] || small=100 large=300 writers=(writer{1..2})
step "seeding accounts of $small and $large notes, and ${#writers[@]} accounts that write"
for writer in "${writers[@]}"; do seed "$writer" 100; done
printf '%s\n' "${writers[@]}" >"$RUN_DIR/writers"
seed small "$small"
seed large "$large"

BENCH_COMMIT=$(git describe --always --dirty 2>/dev/null || echo unknown) \
    python3 scripts/bench.py "$RUN_DIR" "$binary" "$baseline_server"
