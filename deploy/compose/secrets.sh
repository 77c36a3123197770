#!/bin/sh
# Makes the secrets of compose.yaml once, as files in /secrets: the first container that runs, and the only writer there.
# Refuses to replace one that exists: a new key would end every session, a new password would lock the service out.
set -eu
umask 022
cd /secrets

keep() { # keep FILE: standard input becomes the file unless it is there
    [ -s "$1" ] || { cat >"$1.part" && mv "$1.part" "$1"; }
}
word() { head -c 24 /dev/urandom | od -An -vtx1 | tr -d ' \n'; }
key() { head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'; }

word | keep db_migrate_password
word | keep db_app_password
word | keep redis_password
key | keep secret_key
printf 'k1:hs256:%s' "$(key)" | keep jwt_keys

printf 'mysql://satchel_migrate:%s@mariadb:3306/satchel' "$(cat db_migrate_password)" | keep db_migrate_url
printf 'mysql://satchel_app:%s@mariadb:3306/satchel' "$(cat db_app_password)" | keep db_url
printf 'redis://:%s@redis:6379' "$(cat redis_password)" | keep redis_url
printf 'requirepass %s\n' "$(cat redis_password)" | keep redis.conf
