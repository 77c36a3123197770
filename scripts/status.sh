#!/usr/bin/env bash
# `make status`: what runs, on which port, since when, and its health. Exit code 3 when nothing runs, 1 when something is unhealthy.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/stack.sh
. "$(dirname "$0")/stack.sh"
if [ ! -f "$RUN_DIR/ports.env" ] || ! services=$(supervise status); then
    say "Nothing runs here. Start it with: make up"
    exit 3
fi
load_env "$RUN_DIR/ports.env" # PORT, SCHEME, DB_PORT, REDIS_PORT and others

port_of() {
    case $1 in
        nginx) echo "${PORT?}" ;;
        mariadb) echo "$DB_PORT" ;;
        redis) echo "$REDIS_PORT" ;;
        satchel-*) echo $((PORT + ${1#satchel-})) ;;
    esac
}

health_of() {
    case $1 in
        nginx) ask_nginx /health -o /dev/null -w '%{http_code}' | sed 's/^200$/ok/; s/^000$/no answer/' ;;
        mariadb) mariadb_answers >/dev/null 2>&1 && echo ok || echo "no answer" ;;
        redis) redis_answers "$REDIS_PORT" && echo ok || echo "no answer" ;;
        satchel-*)
            curl -s --max-time 2 --noproxy '*' "http://127.0.0.1:$(port_of "$1")/health" |
                python3 -c 'import json, sys; print(json.load(sys.stdin)["status"])' 2>/dev/null || echo "no answer"
            ;;
    esac
}

bad=0
row='%-12s %-9s %6s %8s %10s %9s  %s\n'
# shellcheck disable=SC2059 # the format is ours
printf "$row" SERVICE STATE PORT PID UP RESTARTS HEALTH
while IFS=$'\t' read -r name state pid seconds restarts; do
    health=$(health_of "$name") || true
    [ "$health" = ok ] || bad=1
    # shellcheck disable=SC2059
    printf "$row" "$name" "$state" "$(port_of "$name")" "$pid" "${seconds}s" "$restarts" "${health:-no answer}"
done < <(python3 -c '
import json, sys
for entry in map(json.loads, sys.stdin):
    print(entry["name"], entry["state"], entry["pid"] or "-", entry["seconds"], entry["restarts"], sep="\t")' <<<"$services")
say ""
say "${SCHEME?}://localhost:$PORT    files and logs: $RUN_DIR"
exit "$bad"
