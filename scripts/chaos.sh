#!/usr/bin/env bash
# `make chaos`: kills and stops parts of a private set under load and proves that nothing acknowledged is lost.
# The work is in chaos.py. Refuses to touch a set that somebody uses.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/private-set.sh
. "$(dirname "$0")/private-set.sh"

users=4
private_set
password=$(make_users chaos "$users")
step "faults under load"
CHAOS_PASSWORD=$password python3 "$ROOT/scripts/chaos.py" "$RUN_DIR" "http://127.0.0.1:$PORT" "$users"
