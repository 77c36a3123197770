#!/usr/bin/env bash
# `make logs`: follows every log of RUN_DIR until it is interrupted.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
ls "$RUN_DIR"/log/*.log >/dev/null 2>&1 || die "no logs yet: make up"
exec tail -n 20 -F "$RUN_DIR"/log/*.log
