#!/usr/bin/env bash
# `make test`: everything that CI checks, in the order in which it fails soonest. Stops at the first failure.
# Uses a temporary folder and free ports; stops everything it started when it exits.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/deps.sh
. "$(dirname "$0")/deps.sh"
# shellcheck source=scripts/stack.sh
. "$(dirname "$0")/stack.sh"

# An optional program that runs MySQL: its arguments are a port and a data folder, root has no password, and it runs until it is
# stopped. MYSQL_TESTS are the tests that are repeated on MySQL.
MYSQL_RUNNER=${MYSQL_RUNNER:-$ROOT/../shared/tools/mysql/run.sh}
MYSQL_TESTS=(both_databases)
REDOCLY_VERSION=2.77.0

cd "$ROOT"
work=$(mktemp -d)
stores=$work/stores run=$work/run
done_steps=() total=$SECONDS

finish() {
    local code=$? dir
    trap - EXIT INT TERM
    for dir in "$run" "$stores"; do
        [ ! -d "$dir" ] || RUN_DIR=$dir supervise down >/dev/null 2>&1 || true
    done
    say ""
    [ "${#done_steps[@]}" -eq 0 ] || printf '%s\n' "${done_steps[@]}"
    if [ "$code" -eq 0 ]; then
        say "All checks passed in $((SECONDS - total)) s."
        rm -rf "$work"
    else
        # Last, so that the end of the output has the reason. The logs are kept.
        say "FAILED: ${current:-setting up}, after $((SECONDS - total)) s. Logs: $work"
        [ ! -e "$work/step.log" ] || tail -n 60 "$work/step.log" | cut -c1-400
    fi
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

# check "name" command…
check() {
    local started=$SECONDS
    current=$1
    shift
    step "$current"
    "$@" > >(tee "$work/step.log") 2>&1
    done_steps+=("$(printf 'ok  %4d s  %s' $((SECONDS - started)) "$current")")
}
skip() {
    warn "SKIPPED: $1: $2"
    done_steps+=("$(printf 'SKIPPED     %s: %s' "$1" "$2")")
}
in_web() { (cd web && "$@"); }
npm_run() { in_web npm run --silent "$@"; }

# --- sources -------------------------------------------------------------------------------------------------------

install_tools() {
    need python3 curl openssl git shellcheck mariadbd mariadb-install-db mariadb redis-server nginx promtool chromium faketime wrk
    need_node
    need_rust
    python_tool k6 "$K6_VERSION" k6 >/dev/null
    python_tool gixy-ng "$GIXY_VERSION" gixy >/dev/null
    python_tool schemathesis "$SCHEMATHESIS_VERSION" schemathesis >/dev/null
    python_tool 'moto[server]' "$MOTO_VERSION" moto_server >/dev/null
}
check "tools" install_tools
check "shell scripts" shellcheck -x scripts/*.sh .ci/run .githooks/commit-msg
check "format" cargo fmt --check
check "page: packages and build" scripts/build.sh page
check "page: format" npm_run format:check
check "page: lint" npm_run lint
check "page: types" npm_run typecheck
check "page: unit tests" npm_run test
check "clippy" cargo clippy --all-targets --locked -- -D warnings
check "documentation" env RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items --locked

# --- the suite on real stores --------------------------------------------------------------------------------------

base=$(free_ports 3)
start_stores() {
    RUN_DIR=$stores
    mkdir -p "$RUN_DIR/log"
    describe_mariadb "$base" fast
    describe_redis $((base + 1)) ""
    OWNER_PID=$$ start_supervisor
    wait_for_stores $((base + 1))
    db_admin -e "CREATE USER root@'127.0.0.1'; GRANT ALL PRIVILEGES ON *.* TO root@'127.0.0.1' WITH GRANT OPTION"
}
check "MariaDB and Redis" eval '(start_stores)'
export SATCHEL_TEST_DB_URL=mysql://root@127.0.0.1:$base SATCHEL_TEST_REDIS_URL=redis://127.0.0.1:$((base + 1))
check "suite on MariaDB" cargo test --locked

start_mysql() {
    RUN_DIR=$stores
    mkdir -p "$work/mysql"
    supervise describe mysql stage=3 stop_timeout=60 -- "$MYSQL_RUNNER" $((base + 2)) "$work/mysql"
    supervise scan >/dev/null
    # The runner may download MySQL first.
    wait_for 300 MySQL mariadb --no-defaults --host=127.0.0.1 --port=$((base + 2)) --user=root -e 'SELECT 1'
}
if [ -x "$MYSQL_RUNNER" ]; then
    check "MySQL" eval '(start_mysql)'
    check "migrations and stores on MySQL" env SATCHEL_TEST_DB_URL=mysql://root@127.0.0.1:$((base + 2)) \
        cargo test --locked --test suite -- "${MYSQL_TESTS[@]}"
else
    skip "migrations and stores on MySQL" "no $MYSQL_RUNNER (MYSQL_RUNNER names another)"
fi
unset SATCHEL_TEST_DB_URL SATCHEL_TEST_REDIS_URL
RUN_DIR=$stores supervise down
# Uses the debug build of the suite. It checks that every row can be measured, not the figures.
check "bench, one short round" env SMOKE=1 scripts/bench.sh

# --- the whole stack, as `make up` starts it -----------------------------------------------------------------------

export PORT INSTANCES=3 RUN_DIR=$run
PORT=$(free_ports 4)
# The rate limits would refuse the load test and the many accounts of the browser tests, which share one address.
check "make up" env OWNER_PID=$$ SATCHEL_API_LIMITS=off scripts/up.sh
check "make up again" env OWNER_PID=$$ SATCHEL_API_LIMITS=off scripts/up.sh
check "status" scripts/status.sh
metrics_are_sound() { curl -sf "http://127.0.0.1:$((PORT + 1))/metrics" | promtool check metrics; }
check "metrics" metrics_are_sound
check "nginx" scripts/check-nginx.sh "http://127.0.0.1:$PORT"
check "reference clients of tus" scripts/check-tus.sh "http://127.0.0.1:$PORT"
check "OpenAPI spec" env REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true npx --yes "@redocly/cli@$REDOCLY_VERSION" lint docs/openapi.json
check "browser journeys" env SATCHEL_E2E_URL="http://localhost:$PORT" SATCHEL_E2E_MAIL="$ROOT/scripts/satchel.sh mail" \
    SATCHEL_E2E_KILL="python3 $ROOT/scripts/supervise.py $run signal satchel-1 KILL" npm --prefix web run e2e
check "k6 smoke" scripts/load.sh smoke
# Last of these, because it changes accounts. Without nginx, whose own errors are not in the OpenAPI spec.
check "API against its OpenAPI spec" scripts/check-api.sh "http://127.0.0.1:$((PORT + 1))"
check "make down" scripts/down.sh
check "files in an object store" scripts/check-s3.sh
current=
