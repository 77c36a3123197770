#!/usr/bin/env bash
# `make bench`: what a request costs, as a multiple of what the same costs a bare server that does nothing else.
# Starts a MariaDB and a Redis of its own on free ports, fills them, and hands over to bench.py; leaves nothing running,
# however it ends. Refuses to measure against anything that somebody uses.
#   ROUNDS=5 SECONDS_EACH=2    how often and how long each row is measured
#   LIMITS=off                 without the general rate limits (they are on, but so wide that nobody meets them)
#   ONLY=list                  only rows whose name holds this text
#   BASELINE=write             keep the ratios of this run as those that later runs are compared with
#   PERF=/tmp/perf             profile each of those rows with perf as well, into files whose names begin so
#   BINARY=… YARDSTICK=…       use these programs instead of building them
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/deps.sh
. "$(dirname "$0")/deps.sh"
# shellcheck source=scripts/stack.sh
. "$(dirname "$0")/stack.sh"

need python3 wrk mariadbd mariadb-install-db mariadb redis-server
ulimit -n 8192 2>/dev/null || warn "few files may be open: the row with 1,000 connections may fail"

build_yardstick() {
    # Cargo says where it put the program; its name carries a digest.
    cargo bench --no-run --locked --bench yardstick --message-format=json-render-diagnostics |
        python3 -c '
import json, sys
messages = (json.loads(line) for line in sys.stdin)
print(*(m["executable"] for m in messages if m["reason"] == "compiler-artifact" and m["target"]["name"] == "yardstick"))'
}
cd "$ROOT"
binary=${BINARY:-$(scripts/build.sh)}
[ -n "${YARDSTICK:-}" ] || need_rust
yardstick=${YARDSTICK:-$(step "building the yardstick" >&2 && build_yardstick)}
for program in "$binary" "$yardstick"; do [ -x "$program" ] || die "$program is not a program"; done

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
redis_port=$((db_port + 1)) http_port=$((db_port + 2)) yardstick_port=$((db_port + 3))
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
write_private "$RUN_DIR/yardstick.env" <<ENV
YARDSTICK_ADDR=127.0.0.1:$yardstick_port
YARDSTICK_DB_URL=mysql://yardstick:$db_password@127.0.0.1:$db_port/yardstick
YARDSTICK_REDIS_URL=redis://127.0.0.1:$redis_port
ENV
run_satchel "$binary" "$RUN_DIR/satchel.env" migrate >"$RUN_DIR/log/migrate.log"
# A schema and a user of its own: the service's user has no right to other tables than the service's.
db_admin <<SQL
CREATE DATABASE yardstick;
USE yardstick;
CREATE USER yardstick@'127.0.0.1' IDENTIFIED BY '$db_password';
GRANT SELECT ON yardstick.* TO yardstick@'127.0.0.1';
CREATE TABLE yardstick (id BIGINT UNSIGNED PRIMARY KEY, text VARCHAR(200) NOT NULL)
SELECT seq AS id, REPEAT(SUBSTR(MD5(seq), 1, 20), 10) AS text FROM seq_1_to_1000;
SQL

random_secret 16 >"$RUN_DIR/password"
# fill NAME NOTES: an account and its notes; the words to search for go into a file.
fill() {
    local owner
    step "an account with $2 notes"
    run_satchel "$binary" "$RUN_DIR/satchel.env" user create --username "$1" --email "$1@example.org" --password-stdin --verified \
        <"$RUN_DIR/password" >/dev/null
    owner=$(db_admin satchel -e "SELECT HEX(id) FROM users WHERE username = '$1'")
    { echo "SET @owner = UNHEX('$owner'), @notes = $2;" && cat benches/seed.sql; } | db_admin satchel >"$RUN_DIR/seeded"
    grep -qx 'postings are whole' "$RUN_DIR/seeded" || die "the words of $1 did not all get into the index of searches"
    grep -E '^[0-9a-f]{9}$' "$RUN_DIR/seeded" >"$RUN_DIR/words"
}
fill small 1000
fill large 100000

BENCH_COMMIT=$(git describe --always --dirty 2>/dev/null || echo unknown) \
    python3 scripts/bench.py "$RUN_DIR" "$binary" "$yardstick"
