#!/usr/bin/env bash
# `make load PROFILE=smoke|average|stress|spike|soak|breakpoint [DURATION=30s]`: k6 through nginx on this host.
# Uses the running `make up` when its rate limits are off, otherwise a private stack. The scenarios are in loadtest/main.js.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/deps.sh
. "$(dirname "$0")/deps.sh"
# shellcheck source=scripts/private-stack.sh
. "$(dirname "$0")/private-stack.sh"

export PROFILE=${1:-${PROFILE:-smoke}}
case $PROFILE in
    smoke | average | stress | spike | soak | breakpoint) ;;
    *) die "PROFILE is one of smoke, average, stress, spike, soak, breakpoint" ;;
esac
k6=$(python_tool k6 "$K6_VERSION" k6)

running() { supervise status >/dev/null 2>&1 && [ -f "$RUN_DIR/instance.env" ]; }
unlimited() { [ "$(env_value "$RUN_DIR/instance.env" SATCHEL_API_LIMITS)" = off ]; }

if ! running || ! unlimited; then
    if running; then
        say "The running instances limit requests, which would distort the result (SATCHEL_API_LIMITS=off make up disables"
        say "that). A private stack of three instances is used for this run."
    fi
    start_private_stack
fi
port=$(env_value "$RUN_DIR/ports.env" PORT)
[ "$(env_value "$RUN_DIR/ports.env" SCHEME)" = http ] || die "the load test uses plain http; these instances serve https"

# One account for each virtual user: none shares a token.
users=$(case $PROFILE in smoke) echo 20 ;; average) echo 60 ;; soak) echo 40 ;; stress) echo 150 ;; spike) echo 220 ;; breakpoint) echo 250 ;; esac)

step "users load1 to load$users"
password=$(make_users load "$users")

mkdir -p "$ROOT/loadtest/reports"
report=$ROOT/loadtest/reports/$PROFILE-$(date -u +%Y%m%dT%H%M%SZ).html
step "k6, profile $PROFILE, http://127.0.0.1:$port"
code=0
# The password goes through the environment, where `ps` does not show it.
LOAD_PASSWORD=$password LOAD_USERS=$users BASE_URL=http://127.0.0.1:$port REPORT=$report NO_PROXY='*' \
    "$k6" run --quiet --no-usage-report "$ROOT/loadtest/main.js" || code=$?
if [ "$PROFILE" = breakpoint ] && [ "$code" -eq 99 ]; then
    say "The limit was reached, which is the aim of this profile."
    code=0
fi
exit "$code"
