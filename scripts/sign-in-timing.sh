#!/usr/bin/env bash
# Measures how long a refused sign-in takes, by its reason, on a private set of its own: sign-in-timing.sh [--samples 200]
# Prints figures and judges nothing. BINARY=… measures that binary instead of building one.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/private-set.sh
. "$(dirname "$0")/private-set.sh"

private_set
step "refused sign-ins, taking turns"
python3 "$ROOT/loadtest/sign-in-timing.py" "$@" $((PORT + 1)) "$ROOT/scripts/satchel.sh"
