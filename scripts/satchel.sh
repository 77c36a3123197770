#!/usr/bin/env bash
# Runs the binary of `make up` with its settings and nothing else of this environment: satchel.sh user list
# With --migrate first it gets the user that may change the schema. Secrets travel in the environment, never in arguments.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
settings=$RUN_DIR/instance.env
[ "${1:-}" != --migrate ] || { settings=$RUN_DIR/migrate.env && shift; }
if [ ! -x "$RUN_DIR/bin/satchel" ] || [ ! -f "$settings" ]; then die "nothing runs here yet: make up"; fi
for name in $(compgen -e SATCHEL_ || true); do unset "$name"; done
load_env "$settings"
cd "$RUN_DIR"
exec "$RUN_DIR/bin/satchel" "$@"
