#!/usr/bin/env bash
# Writes nginx/site.compose, the environment of the nginx in compose.yaml; `--check` fails when it is outdated.
# The files are committed so that `docker compose up` needs no script before it.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
INSTANCES_AT="satchel-1:8080 satchel-2:8080 satchel-3:8080" LISTEN_AT=8080 SERVER_NAMES="localhost 127.0.0.1 [::1]" \
    ERROR_LOG=stderr ACCESS_LOG=/dev/stdout PID_FILE=/tmp/nginx.pid TEMP_DIR=/tmp OPEN_FILES=65536 NGINX_VERSION=1.28.1 \
    "$ROOT/scripts/nginx-site.sh" "$work"
for file in "$work"/site/*.conf; do
    sed -i "1i # Written by scripts/nginx-compose-site.sh; scripts/nginx-site.sh explains each line." "$file"
done
if [ "${1:-}" = --check ]; then
    diff -r "$work/site" "$ROOT/nginx/site.compose" || die "nginx/site.compose is not current: scripts/nginx-compose-site.sh"
else
    mkdir -p "$ROOT/nginx/site.compose"
    cp "$work"/site/*.conf "$ROOT/nginx/site.compose/"
fi
