#!/usr/bin/env bash
# The private MariaDB and Redis of a run directory: configuration, first start and users. Sourced after lib.sh.
# The processes are started by scripts/supervise.py; servers of the system are never touched.

# Runs statements from standard input as administrator: the owner of the run directory, authenticated by the socket.
# The socket's name is relative because an absolute path may exceed its length limit.
db_admin() { (cd "$RUN_DIR/mariadb" && mariadb --no-defaults --socket=db.sock --batch --skip-column-names "$@"); }

# describe_mariadb PORT durable|fast
describe_mariadb() {
    local port=$1 durability=$2 dir=$RUN_DIR/mariadb flush=1
    # `fast` is for tests: writes may be lost when the computer crashes.
    [ "$durability" = durable ] || flush=0
    mkdir -p "$dir/tmp"
    {
        cat <<CNF
# Written by scripts/stack.sh.
[mariadbd]
datadir=$dir/data
tmpdir=$dir/tmp
socket=../db.sock
pid-file=$dir/mariadbd.pid
bind-address=127.0.0.1
port=$port
skip-name-resolve
skip-symbolic-links
local-infile=0
character-set-server=utf8mb4
collation-server=utf8mb4_unicode_520_ci
default-time-zone=+00:00
sql-mode=STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
# An acknowledged write is on the disk.
innodb-flush-log-at-trx-commit=$flush
innodb-doublewrite=$flush
innodb-buffer-pool-size=128M
innodb-log-file-size=64M
max-connections=120
max-allowed-packet=64M
skip-log-bin
slow-query-log=1
slow-query-log-file=$RUN_DIR/log/mariadb-slow.log
long-query-time=1
CNF
        # MariaDB runs as root only with this setting; here it is private and on loopback.
        [ "$(id -u)" -ne 0 ] || echo "user=root"
    } >"$dir/my.cnf"
    if [ ! -d "$dir/data" ]; then
        rm -rf "$dir/data.part"
        # --force: a host that cannot resolve its own name is acceptable for a server on loopback.
        mariadb-install-db --defaults-file="$dir/my.cnf" --datadir="$dir/data.part" --skip-test-db --force \
            --auth-root-authentication-method=socket --auth-root-socket-user="$(id -un)" >"$dir/install.log" 2>&1 ||
            die "mariadb-install-db failed: $(tail -n 5 "$dir/install.log")"
        mv "$dir/data.part" "$dir/data"
    fi
    supervise describe mariadb stage=3 stop_timeout=60 input="$dir/my.cnf" -- \
        "$(command -v mariadbd)" --defaults-file="$dir/my.cnf"
}

# describe_redis PORT PASSWORD (empty for none)
describe_redis() {
    local port=$1 password=$2 dir=$RUN_DIR/redis
    mkdir -p "$dir"
    {
        # It is only a cache: nothing is stored on disk, and the least recently used keys are evicted.
        printf '%s\n' "bind 127.0.0.1" "port $port" "protected-mode yes" "daemonize no" "dir $dir" 'save ""' "appendonly no" \
            "maxmemory 64mb" "maxmemory-policy allkeys-lru" "maxclients 1000" "tcp-keepalive 60" 'logfile ""'
        [ -z "$password" ] || echo "requirepass $password"
    } | write_private "$dir/redis.conf"
    supervise describe redis stage=3 stop_timeout=10 input="$dir/redis.conf" -- "$(command -v redis-server)" "$dir/redis.conf"
}

start_supervisor() {
    mkdir -p "$RUN_DIR"
    chmod 700 "$RUN_DIR"
    supervise status >/dev/null 2>&1 || supervise run ${OWNER_PID:+--owner "$OWNER_PID"}
    wait_for 10 "the supervisor" supervise status || die "see $RUN_DIR/log/supervisor.log"
}

# Prints the running services whose description or input files changed since they started.
outdated_services() { supervise status | python3 -c '
import json, sys
print(*(entry["name"] for entry in map(json.loads, sys.stdin) if entry["outdated"]), sep="\n")'; }

redis_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1" && printf 'PING\r\n' >&3 && read -r -t 1 _ <&3) 2>/dev/null; }
mariadb_answers() { db_admin -e 'SELECT 1'; }

show_log() { tail -n "${2:-15}" "$RUN_DIR/log/$1.log" >&2 2>/dev/null || true; }

# wait_for_stores REDIS_PORT
wait_for_stores() {
    wait_for 60 MariaDB mariadb_answers || { show_log mariadb && die "MariaDB does not start"; }
    wait_for 15 Redis redis_answers "$1" || { show_log redis && die "Redis does not start"; }
}

# create_schema MIGRATE_PASSWORD APP_PASSWORD: the schema, the user that may change it and the user of the instances. May run
# again. The second user gets its grants, table by table, from `satchel migrate` (decision 0014).
create_schema() {
    db_admin <<SQL
CREATE DATABASE IF NOT EXISTS satchel CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
CREATE USER IF NOT EXISTS satchel_migrate@'127.0.0.1';
ALTER USER satchel_migrate@'127.0.0.1' IDENTIFIED BY '$1';
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES, CREATE VIEW, SHOW VIEW, TRIGGER
    ON satchel.* TO satchel_migrate@'127.0.0.1' WITH GRANT OPTION;
CREATE USER IF NOT EXISTS satchel_app@'127.0.0.1';
ALTER USER satchel_app@'127.0.0.1' IDENTIFIED BY '$2';
SQL
}
