#!/usr/bin/env bash
# Runs the binary of `make up` with its settings and nothing else of this environment: satchel.sh user list
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
if [ ! -x "$RUN_DIR/bin/satchel" ] || [ ! -f "$RUN_DIR/instance.env" ]; then die "nothing runs here, start it with: make up"; fi
run_satchel "$RUN_DIR/bin/satchel" "$RUN_DIR/instance.env" "$@"
