#!/bin/sh
# Creates the secrets of compose.yaml as files in /secrets, in the first container that runs. Existing files are never
# replaced: a new key would end every session, a new password would lock the service out.
set -eu
umask 022
cd /secrets

create() { # create FILE: writes standard input to the file unless it exists
    [ -s "$1" ] || { cat >"$1.part" && mv "$1.part" "$1"; }
}
password() { head -c 24 /dev/urandom | od -An -vtx1 | tr -d ' \n'; }
key() { head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'; }

password | create db_migrate_password
password | create db_app_password
password | create redis_password
key | create secret_key
printf 'k1:hs256:%s' "$(key)" | create jwt_keys

printf 'mysql://satchel_migrate:%s@mariadb:3306/satchel' "$(cat db_migrate_password)" | create db_migrate_url
printf 'mysql://satchel_app:%s@mariadb:3306/satchel' "$(cat db_app_password)" | create db_url
printf 'redis://:%s@redis:6379' "$(cat redis_password)" | create redis_url
printf 'requirepass %s\n' "$(cat redis_password)" | create redis.conf
