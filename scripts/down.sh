#!/usr/bin/env bash
# `make down`: stops what `make up` started in RUN_DIR, in order, and nothing else. Data is kept.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
[ -d "$RUN_DIR" ] || { say "Nothing was started here." && exit 0; }
exec 7>"$RUN_DIR/up.lock"
flock 7
step "stopping"
supervise down
say "Stopped. The data is kept in $RUN_DIR; make up starts it again."
