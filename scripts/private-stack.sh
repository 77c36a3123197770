#!/usr/bin/env bash
# Starts a complete Satchel on free ports, in a temporary folder, for tests that need other settings or kill processes.
# Sourced after lib.sh. When the script exits, everything is stopped and deleted.

# start_private_stack: starts it without rate limits and sets RUN_DIR and PORT.
start_private_stack() {
    private=$(mktemp -d)
    export RUN_DIR=$private/run PORT INSTANCES=3
    PORT=$(free_ports 4)
    trap stop_private_stack EXIT
    trap 'exit 130' INT TERM
    OWNER_PID=$$ SATCHEL_API_LIMITS=off "$ROOT/scripts/up.sh"
}

stop_private_stack() {
    RUN_DIR=$private/run "$ROOT/scripts/down.sh" >/dev/null
    rm -rf "$private"
}

# make_users PREFIX COUNT: creates the accounts PREFIX1 … with one password and prints it. It is passed in files and pipes only.
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
