#!/usr/bin/env bash
# `make up`: from a fresh checkout to a running Satchel, and from a running one to the newest version of it.
# It touches only what it started itself, in RUN_DIR, and may be interrupted and run again at any point.
#   PORT=8080 INSTANCES=3 RUN_DIR=.run     where and how many; instance i listens on PORT + i
#   LISTEN="127.0.0.1 [::1]"               addresses nginx listens on
#   SERVER_NAMES="…"                       more names that nginx answers to, besides those of this host
#   TLS_CERT=… TLS_KEY=…                   serve https and HTTP/2 with this certificate
#   TRUSTED_PROXIES="…"                    proxies before nginx
#   BINARY=…                               use this binary instead of building one
#   OWNER_PID=…                            stop everything when that process ends (for tests)
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/deps.sh
. "$(dirname "$0")/deps.sh"
# shellcheck source=scripts/stack.sh
. "$(dirname "$0")/stack.sh"

PORT=${PORT:-8080} INSTANCES=${INSTANCES:-3}
number_within() { [[ $1 =~ ^[1-9][0-9]*$ ]] && [ "$1" -le "$2" ]; }
number_within "$PORT" 65000 || die "PORT must be a number from 1 to 65000"
number_within "$INSTANCES" 20 || die "INSTANCES must be a number from 1 to 20"
scheme=http${TLS_CERT:+s}

mkdir -p "$RUN_DIR"/{log,bin,services}
chmod 700 "$RUN_DIR"
exec 7>"$RUN_DIR/up.lock"
flock -n 7 || { step "another make up or down is at work here, waiting" && flock 7; }

# --- what is needed ------------------------------------------------------------------------------------------------

need python3 curl mariadbd mariadb-install-db mariadb redis-server nginx

# Ports must be free unless our own processes use them.
check_ports() {
    local port
    [ ! -e "$RUN_DIR/pids/nginx.json" ] || return 0
    for port in $(seq "$PORT" $((PORT + INSTANCES))); do
        port_free "$port" || die "port $port is in use; choose another start with: make up PORT=9000"
    done
}
check_ports

# The ports of the stores are derived from PORT; if those are in use, any others are chosen. A choice is kept.
choose_port() {
    local known
    known=$(env_value "$RUN_DIR/ports.env" "$1")
    if [ -n "$known" ] && { [ -e "$RUN_DIR/pids/$3.json" ] || port_free "$known"; }; then
        echo "$known"
    elif port_free "$2"; then
        echo "$2"
    else
        free_ports 1
    fi
}
db_port=$(choose_port DB_PORT $(((PORT + 10000) % 64512 + 1024)) mariadb)
redis_port=$(choose_port REDIS_PORT $(((PORT + 20000) % 64512 + 1024)) redis)
loopback() {
    echo 127.0.0.1
    ! grep -qs '^00000000000000000000000000000001 ' /proc/net/if_inet6 || echo '[::1]'
}
addresses=${LISTEN:-$(loopback)}
read -r first_address _ <<<"$addresses"
printf '%s\n' "PORT=$PORT" "INSTANCES=$INSTANCES" "SCHEME=$scheme" "ADDRESS=$first_address" "DB_PORT=$db_port" "REDIS_PORT=$redis_port" |
    write_private "$RUN_DIR/ports.env"

built=${BINARY:-$("$ROOT/scripts/build.sh" 7>&-)}
[ -x "$built" ] || die "$built is not a program"

# Instances run a copy: a build in progress never changes what a restarted instance runs.
binary=$RUN_DIR/bin/satchel-$(sha256sum "$built" | cut -c 1-12)
if [ ! -x "$binary" ]; then
    cp "$built" "$binary.part"
    mv "$binary.part" "$binary"
fi

# --- secrets and settings ------------------------------------------------------------------------------------------

if [ ! -f "$RUN_DIR/passwords.env" ]; then
    {
        for name in DB_MIGRATE_PASSWORD DB_APP_PASSWORD REDIS_PASSWORD; do echo "$name=$(random_secret 24)"; done
        echo "DEMO_PASSWORD=$(random_secret 8)" # short enough to type
    } | write_private "$RUN_DIR/passwords.env"
fi
password() { env_value "$RUN_DIR/passwords.env" "$1"; }
if [ ! -s "$RUN_DIR/keys.env" ]; then
    keys=$("$binary" secret) || die "satchel secret failed"
    write_private "$RUN_DIR/keys.env" <<<"$keys"
fi

default_settings() {
    echo "SATCHEL_DB_URL=mysql://satchel_app:$(password DB_APP_PASSWORD)@127.0.0.1:$db_port/satchel"
    echo "SATCHEL_REDIS_URL=redis://:$(password REDIS_PASSWORD)@127.0.0.1:$redis_port"
    echo "SATCHEL_PUBLIC_URL=$scheme://localhost:$PORT"
    echo "SATCHEL_TRUSTED_PROXIES=127.0.0.0/8,::1/128"
    cat "$RUN_DIR/keys.env"
}

# Defaults, unless the environment sets the variable or names a file with its value.
effective_settings() {
    local given=$1 line
    while IFS= read -r line; do
        grep -qE "^${line%%=*}(_FILE)?=" <<<"$given" || printf '%s\n' "$line"
    done < <(default_settings)
    [ -z "$given" ] || printf '%s\n' "$given"
}

given=$(service_settings)
case $given in *$'\001'*) die "a SATCHEL_ setting contains a line break: put it into a file and name that with …_FILE" ;; esac
for name in SATCHEL_HTTP_ADDR SATCHEL_INSTANCE; do
    ! grep -q "^$name=" <<<"$given" || warn "$name is set by make up for each instance, yours is not used"
done
given=$(grep -vE '^SATCHEL_(HTTP_ADDR|INSTANCE)=' <<<"$given" || true)
# Instances get the new settings after the migration succeeded; until then a restarted instance gets the old ones.
effective_settings "$given" | write_private "$RUN_DIR/next.env"
{
    cat "$RUN_DIR/next.env"
    # An external database is migrated with its own user.
    grep -qE '^SATCHEL_DB_(MIGRATE_)?URL(_FILE)?=' <<<"$given" ||
        echo "SATCHEL_DB_MIGRATE_URL=mysql://satchel_migrate:$(password DB_MIGRATE_PASSWORD)@127.0.0.1:$db_port/satchel"
} | write_private "$RUN_DIR/migrate.env"

# --- stores and schema ---------------------------------------------------------------------------------------------

step "starting MariaDB and Redis"
describe_mariadb "$db_port" durable
describe_redis "$redis_port" "$(password REDIS_PASSWORD)"
start_supervisor 7>&-
supervise scan >/dev/null
for name in $(outdated_services | grep -xE 'mariadb|redis' || true); do supervise restart "$name"; done
wait_for_stores "$redis_port"

create_schema "$(password DB_MIGRATE_PASSWORD)" "$(password DB_APP_PASSWORD)"
step "migrating the schema"
run_satchel "$binary" "$RUN_DIR/migrate.env" migrate || die "the migration failed; the running instances were left as they are"
mv "$RUN_DIR/next.env" "$RUN_DIR/instance.env"
ln -sfn "$(basename "$binary")" "$RUN_DIR/bin/satchel"

satchel() { "$ROOT/scripts/satchel.sh" "$@"; }
if [ -z "$(satchel user list)" ]; then
    step "creating the demo account"
    password DEMO_PASSWORD | satchel user create --username demo --email demo@example.org --password-stdin --verified >/dev/null
fi

# --- instances -----------------------------------------------------------------------------------------------------

# One ops listener per instance, counted up from the one that was given.
ops_address=$(env_value "$RUN_DIR/instance.env" SATCHEL_OPS_ADDR)
instance_ready() { http_ok "http://127.0.0.1:$((PORT + $1))/health"; }
await_instance() { wait_for 30 "instance $1" instance_ready "$1" || { show_log "satchel-$1" && die "instance $1 does not become ready"; }; }

describe_instance() {
    local i=$1 own=("SATCHEL_HTTP_ADDR=127.0.0.1:$((PORT + $1))" "SATCHEL_INSTANCE=satchel-$1")
    # The service reads what is not set here from a .env above its folder: a change there restarts it, too.
    [ "$RUN_DIR" != "$ROOT/.run" ] || [ ! -f "$ROOT/.env" ] || own+=("input=$ROOT/.env")
    [ -z "$ops_address" ] || own+=("SATCHEL_OPS_ADDR=${ops_address%:*}:$((${ops_address##*:} + i - 1))")
    supervise describe "satchel-$i" stage=2 stop_timeout=30 env_file="$RUN_DIR/instance.env" "${own[@]}" -- "$binary" serve
}

step "starting $INSTANCES instances"
for i in $(seq "$INSTANCES"); do
    describe_instance "$i"
    # One by one: the others serve while this one drains and restarts, and are not restarted if it fails.
    outdated=$(outdated_services)
    supervise scan >/dev/null
    ! grep -qx "satchel-$i" <<<"$outdated" || supervise restart "satchel-$i"
    await_instance "$i"
done

# --- nginx ---------------------------------------------------------------------------------------------------------

public_host() { python3 -c 'import sys, urllib.parse; print(urllib.parse.urlsplit(sys.argv[1]).hostname or "")' \
    "$(env_value "$RUN_DIR/instance.env" SATCHEL_PUBLIC_URL)"; }

render_nginx() {
    local address names
    # shellcheck disable=SC2086 # the names are meant to split
    names=$(printf '%s\n' localhost 127.0.0.1 '[::1]' "$(public_host)" ${SERVER_NAMES:-} | awk 'NF && !seen[$0]++' | tr '\n' ' ')
    rm -rf "$RUN_DIR/nginx/new"
    INSTANCES_AT=$(for i in $(seq "$INSTANCES"); do echo "127.0.0.1:$((PORT + i))"; done) \
        LISTEN_AT=$(for address in $addresses; do echo "$address:$PORT"; done) \
        SERVER_NAMES=$names ERROR_LOG=stderr ACCESS_LOG=$RUN_DIR/log/nginx-access.log \
        PID_FILE=$RUN_DIR/nginx/nginx.pid TEMP_DIR=$RUN_DIR/nginx/tmp \
        NGINX_USER=$([ "$(id -u)" -ne 0 ] || echo root) \
        "$ROOT/scripts/nginx-site.sh" "$RUN_DIR/nginx/new"
}

# Older releases have no option for the log before the configuration is read.
nginx_command=("$(command -v nginx)")
! nginx -h 2>&1 | grep -q -e '-e filename' || nginx_command+=(-e stderr)

step "starting nginx"
render_nginx
"${nginx_command[@]}" -t -q -c "$RUN_DIR/nginx/new/nginx.conf" || die "nginx rejects its configuration"
nginx_change=none nginx_ran=no
[ ! -e "$RUN_DIR/pids/nginx.json" ] || nginx_ran=yes
if ! cmp -s "$RUN_DIR/nginx/new/site/server.conf" "$RUN_DIR/nginx/conf/site/server.conf"; then
    nginx_change=restart # a reload cannot move from one address to an overlapping one
elif ! diff -qr "$RUN_DIR/nginx/new" "$RUN_DIR/nginx/conf" >/dev/null 2>&1; then
    nginx_change=reload
fi
rm -rf "$RUN_DIR/nginx/conf"
mv "$RUN_DIR/nginx/new" "$RUN_DIR/nginx/conf"
supervise describe nginx stage=1 stop_signal=QUIT stop_timeout=15 -- "${nginx_command[@]}" -c "$RUN_DIR/nginx/conf/nginx.conf"

supervise scan >/dev/null
case $nginx_change in
    restart) [ "$nginx_ran" = no ] || supervise restart nginx ;;
    reload) supervise signal nginx HUP >/dev/null ;;
esac

# Instances beyond the wanted number go last: nginx no longer asks them.
for file in "$RUN_DIR"/services/satchel-*.json; do
    i=${file##*/satchel-}
    [ "${i%.json}" -le "$INSTANCES" ] || rm -f "$file"
done
supervise scan >/dev/null
wait_for 15 nginx ask_nginx /health --fail -o /dev/null || { show_log nginx && die "nginx does not answer on port $PORT"; }
find "$RUN_DIR/bin" -name 'satchel-*' ! -name "$(basename "$binary")" -delete

say ""
say "Satchel runs:  $(env_value "$RUN_DIR/instance.env" SATCHEL_PUBLIC_URL)"
say "Sign in:       demo / $(password DEMO_PASSWORD)"
say "Stop:          make down     (make status · make logs · make mail)"
