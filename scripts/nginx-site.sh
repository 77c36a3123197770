#!/usr/bin/env bash
# Writes a complete nginx configuration into a folder: a copy of nginx/ and the generated site/, which has everything that
# depends on the environment. Usage: nginx-site.sh FOLDER, with these variables:
#   INSTANCES_AT     "127.0.0.1:8081 127.0.0.1:8082 …"   the instances
#   LISTEN_AT        "127.0.0.1:8080 [::1]:8080"         where to listen
#   SERVER_NAMES     "localhost 127.0.0.1 [::1]"         accepted host names; any other gets no response
#   ERROR_LOG, ACCESS_LOG, PID_FILE, TEMP_DIR            where nginx writes
#   NGINX_USER       the user of the workers; empty when nginx is not started by root
#   TRUSTED_PROXIES  "10.0.0.0/16 …"                     proxies before this one, empty for none
#   TLS_CERT, TLS_KEY   certificate and key: then it listens with TLS and HTTP/2
#   OPEN_FILES       file limit of a worker; default: this shell's limit
#   NGINX_VERSION    target version; default: the installed nginx
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

dest=$1
: "${INSTANCES_AT:?}" "${LISTEN_AT:?}" "${SERVER_NAMES:?}" "${ERROR_LOG:?}" "${ACCESS_LOG:?}" "${PID_FILE:?}" "${TEMP_DIR:?}"
tls=${TLS_CERT:+yes}
version=${NGINX_VERSION:-$(nginx -v 2>&1 | sed 's|.*/||; s| .*||')}

# Two per connection. A value above the allowed limit only logs warnings.
open_files() {
    local limit
    limit=${OPEN_FILES:-$(ulimit -Hn)}
    if [ "$limit" = unlimited ] || [ "$limit" -gt 65536 ]; then limit=65536; fi
    echo "$limit"
}

# `http2 on` replaced the parameter of `listen` in 1.25.1.
newer_than_1_25() { [ "$(printf '1.25.1\n%s\n' "$version" | sort -V | head -n 1)" = 1.25.1 ]; }

listen_lines() {
    local parameters="" address
    if [ -n "$tls" ]; then
        parameters=" ssl"
        newer_than_1_25 || parameters=" ssl http2"
    fi
    for address in $LISTEN_AT; do echo "listen $address$parameters$1;"; done
    [ -z "$tls" ] || ! newer_than_1_25 || echo "http2 on;"
}

mkdir -p "$dest/site" "$TEMP_DIR"
cp -R "$ROOT/nginx/nginx.conf" "$ROOT/nginx/conf.d" "$ROOT/nginx/snippets" "$dest/"
cd "$dest/site"

{
    [ -z "${NGINX_USER:-}" ] || echo "user $NGINX_USER;"
    echo "daemon off;"
    echo "pid $PID_FILE;"
    echo "error_log $ERROR_LOG warn;"
    echo "worker_rlimit_nofile $(open_files);"
} >process.conf

{
    for kind in client_body proxy fastcgi uwsgi scgi; do echo "${kind}_temp_path $TEMP_DIR/$kind;"; done
    # The client address is the last one in X-Forwarded-For that is not a trusted proxy.
    for net in ${TRUSTED_PROXIES:-}; do echo "set_real_ip_from $net;"; done
    echo "real_ip_header X-Forwarded-For;"
    echo "real_ip_recursive on;"
    echo "geo \$realip_remote_addr \$satchel_peer_is_proxy {"
    echo "    default 0;"
    for net in ${TRUSTED_PROXIES:-}; do echo "    $net 1;"; done
    echo "}"
} >http.conf

{
    echo "upstream satchel {"
    echo "    zone satchel 64k;"
    # max_fails=0: a restarting instance is tried and skipped; otherwise all could be marked as failed at once.
    for instance in $INSTANCES_AT; do echo "    server $instance max_fails=0;"; done
    echo "    keepalive 32;"
    echo "    keepalive_requests 10000;"
    echo "    keepalive_timeout 60s;"
    echo "}"
} >upstream.conf

{
    listen_lines " default_server"
    if [ -n "$tls" ]; then
        echo "include snippets/tls.conf;"
        echo "ssl_reject_handshake on;"
        echo "location / { return 421; }"
    else
        echo "location / { return 444; }"
    fi
} >default-server.conf

{
    listen_lines ""
    echo "server_name $SERVER_NAMES;"
    echo "access_log $ACCESS_LOG json;"
    if [ -n "$tls" ]; then
        echo "ssl_certificate $TLS_CERT;"
        echo "ssl_certificate_key $TLS_KEY;"
        echo "include snippets/tls.conf;"
        echo "include snippets/hsts.conf;"
    fi
} >server.conf
