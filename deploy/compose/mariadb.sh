#!/bin/sh
# Starts the MariaDB of compose.yaml: initialises an empty data folder, then ensures at every start, before the first connection,
# that the schema and its two users exist. satchel_app gets its grants, table by table, from `satchel migrate`.
# root has no access over the network.
set -eu
data=/var/lib/mysql
if [ ! -d "$data/mysql" ]; then
    # The user of this container is the administrator, authenticated by the socket; the health check uses it.
    mariadb-install-db --no-defaults --datadir="$data" --skip-test-db --auth-root-authentication-method=socket \
        --auth-root-socket-user="$(id -un)" >/tmp/install.log
fi
umask 077
cat >/tmp/init.sql <<SQL
CREATE DATABASE IF NOT EXISTS satchel CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
CREATE USER IF NOT EXISTS satchel_migrate@'%';
ALTER USER satchel_migrate@'%' IDENTIFIED BY '$(cat /secrets/db_migrate_password)';
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES, CREATE VIEW, SHOW VIEW, TRIGGER ON satchel.* TO satchel_migrate@'%' WITH GRANT OPTION;
CREATE USER IF NOT EXISTS satchel_app@'%';
ALTER USER satchel_app@'%' IDENTIFIED BY '$(cat /secrets/db_app_password)';
SQL
exec mariadbd --no-defaults --datadir="$data" --tmpdir=/tmp --socket=/tmp/mysqld.sock --pid-file=/tmp/mariadbd.pid \
    --init-file=/tmp/init.sql --bind-address=0.0.0.0 --port=3306 --skip-name-resolve --local-infile=0 --skip-log-bin \
    --character-set-server=utf8mb4 --collation-server=utf8mb4_unicode_520_ci --default-time-zone=+00:00 \
    --innodb-flush-log-at-trx-commit=1 --innodb-buffer-pool-size=256M --max-connections=120 --max-allowed-packet=64M
