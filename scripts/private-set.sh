#!/usr/bin/env bash
# A whole Satchel of its own on free ports, for measurements that need other settings than the running one, or that break it.
# Sourced after lib.sh. Owns a temporary folder; stops and removes what it started when the script ends.

# private_set: starts it and points RUN_DIR and PORT at it. The general limits are off.
private_set() {
    private=$(mktemp -d)
    export RUN_DIR=$private/run PORT INSTANCES=3
    PORT=$(free_ports 4)
    trap stop_private_set EXIT
    trap 'exit 130' INT TERM
    OWNER_PID=$$ SATCHEL_API_LIMITS=off "$ROOT/scripts/up.sh"
}

stop_private_set() {
    RUN_DIR=$private/run "$ROOT/scripts/down.sh" >/dev/null
    rm -rf "$private"
}

# make_users PREFIX COUNT: PREFIX1 … with one password, printed, that travels in files and pipes only.
make_users() {
    local prefix=$1 count=$2 file=$RUN_DIR/$1.env known password i
    [ -f "$file" ] || echo "PASSWORD=$(random_secret 16)" | write_private "$file"
    password=$(env_value "$file" PASSWORD)
    known=$("$ROOT/scripts/satchel.sh" user list)
    for i in $(seq "$count"); do
        grep -qw "$prefix$i" <<<"$known" || "$ROOT/scripts/satchel.sh" user create --username "$prefix$i" \
            --email "$prefix$i@example.org" --password-stdin --verified <<<"$password" >/dev/null
    done
    echo "$password"
}
