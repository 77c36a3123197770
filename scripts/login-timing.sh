#!/usr/bin/env bash
# Measures how long a refused login takes, by reason, on a private stack: login-timing.sh [--samples 200]
# Prints figures and asserts nothing. BINARY=… measures that binary instead of building one.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/private-stack.sh
. "$(dirname "$0")/private-stack.sh"

start_private_stack
step "refused logins in random order"
python3 "$ROOT/loadtest/login-timing.py" "$@" $((PORT + 1)) "$ROOT/scripts/satchel.sh"
