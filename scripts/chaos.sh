#!/usr/bin/env bash
# `make chaos`: kills and stops processes of a private stack under load and checks that no acknowledged write is lost.
# chaos.py does the work.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/private-stack.sh
. "$(dirname "$0")/private-stack.sh"

users=4
start_private_stack
password=$(make_users chaos "$users")
step "failures under load"
CHAOS_PASSWORD=$password python3 "$ROOT/scripts/chaos.py" "$RUN_DIR" "http://127.0.0.1:$PORT" "$users"
