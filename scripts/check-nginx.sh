#!/usr/bin/env bash
# Checks the nginx configuration: `nginx -t`, gixy, and the responses of a real nginx in front of a dead upstream, of one
# that echoes, and over TLS. Uses a temporary folder and free ports, and leaves nothing running.
# Usage: check-nginx.sh [URL]   with the URL of a running Satchel, the headers of its errors are compared as well
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/deps.sh
. "$(dirname "$0")/deps.sh"

need nginx curl openssl python3
gixy=$(python_tool gixy-ng "$GIXY_VERSION" gixy)
work=$(mktemp -d)
pids=()
finish() {
    [ "${#pids[@]}" -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

base=$(free_ports 5)
plain=$base tls=$((base + 1)) echo_port=$((base + 2)) dead=$((base + 3)) echoing=$((base + 4))
failures=0 checks=0
fail() { failures=$((failures + 1)) && printf 'FAILED  %s\n' "$*" >&2; }
# expect WHAT ACTUAL WANTED-PATTERN (a shell pattern)
expect() {
    checks=$((checks + 1))
    # shellcheck disable=SC2053 # the right side is a pattern
    [[ $2 == $3 ]] || fail "$1: got '$2', wanted '$3'"
}

# --- render, test, lint --------------------------------------------------------------------------------------------

openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null

# site NAME PORT UPSTREAM-PORT [tls]
site() {
    [ -z "${4:-}" ] || export TLS_CERT=$work/cert.pem TLS_KEY=$work/key.pem
    INSTANCES_AT="127.0.0.1:$3" LISTEN_AT="127.0.0.1:$2" SERVER_NAMES="localhost 127.0.0.1" \
        ERROR_LOG=$work/$1.error.log ACCESS_LOG=$work/$1.access.log PID_FILE=$work/$1.pid TEMP_DIR=$work/$1.tmp \
        NGINX_USER=$([ "$(id -u)" -ne 0 ] || echo root) TRUSTED_PROXIES=192.0.2.0/24 \
        "$ROOT/scripts/nginx-site.sh" "$work/$1"
    unset TLS_CERT TLS_KEY
    nginx -t -q -c "$work/$1/nginx.conf" || die "nginx rejects the configuration ($1)"
    "$gixy" "$work/$1/nginx.conf" >"$work/gixy.txt" || { cat "$work/gixy.txt" >&2 && die "gixy has findings ($1)"; }
}
site dead "$plain" "$dead"
site tls "$tls" "$dead" tls
site echoing "$echoing" "$echo_port"

# gixy must follow our includes: it has to report an error that is planted in one.
cp -R "$work/dead" "$work/planted"
# shellcheck disable=SC2016 # nginx's variables
sed -i 's/Host \$host\$satchel_host_port/Host $http_host/' "$work/planted/snippets/proxy.conf"
if "$gixy" "$work/planted/nginx.conf" >/dev/null 2>&1; then fail "gixy does not report a planted error"; fi
NGINX_VERSION=1.29.0 TLS_CERT=x TLS_KEY=x INSTANCES_AT=a:1 LISTEN_AT=80 SERVER_NAMES=a ERROR_LOG=a ACCESS_LOG=a PID_FILE=a \
    TEMP_DIR=$work/new.tmp "$ROOT/scripts/nginx-site.sh" "$work/new"
expect "a newer nginx turns HTTP/2 on in its own line" "$(grep -c 'http2 on;' "$work/new/site/server.conf")" 1
"$ROOT/scripts/nginx-compose-site.sh" --check || fail "nginx/site.compose is not current"
say "ok      nginx -t and gixy"

# --- run -----------------------------------------------------------------------------------------------------------

python3 "$ROOT/scripts/echo-upstream.py" "$echo_port" &
pids+=($!)
for name in dead tls echoing; do
    nginx -c "$work/$name/nginx.conf" 2>/dev/null &
    pids+=($!)
done
for port in "$plain" "$tls" "$echo_port" "$echoing"; do
    wait_for 10 "port $port" bash -c "exec 3<>/dev/tcp/127.0.0.1/$port" || die "nothing listens on $port"
done

# fetch URL CURL-ARGUMENTS…: leaves $status, $headers, $body
fetch() {
    status=$(curl -sk --max-time 10 --noproxy '*' -D "$work/headers" -o "$work/body" -w '%{http_code}' "$@" || true)
    headers=$(tr -d '\r' <"$work/headers" 2>/dev/null || true)
    body=$(tr -d '\0' <"$work/body" 2>/dev/null || true)
}
header() { sed -n "s/^$1: //Ip" <<<"$headers"; }
field() { python3 -c 'import json, sys; print(json.load(sys.stdin).get(sys.argv[1], ""))' "$1" <<<"$body" 2>/dev/null; }

security_headers=(Content-Security-Policy X-Content-Type-Options X-Frame-Options Referrer-Policy Cross-Origin-Opener-Policy
    Cross-Origin-Resource-Policy Permissions-Policy Cache-Control X-Request-Id)
guarded() {
    local name
    for name in "${security_headers[@]}"; do expect "$1 carries one $name" "$(header "$name" | grep -c .)" 1; done
    expect "$1 hides the version" "$(header Server)" nginx
}
# problem WHAT STATUS CODE
problem() {
    expect "$1" "$status" "$2"
    expect "$1: content type" "$(header Content-Type)" "application/problem+json"
    expect "$1: status in the body" "$(field status)" "$2"
    expect "$1: code" "$(field code)" "$3"
    expect "$1: the body names the request" "$(field request_id)" "$(header X-Request-Id)"
    guarded "$1"
}

to=http://127.0.0.1:$plain
fetch "$to/api/v1/notes"
problem "no instance" 502 unavailable
expect "no instance: Retry-After" "$(header Retry-After)" 1
fetch -H 'X-Request-Id: my-own-id-1' "$to/api/v1/notes"
problem "no instance, own id" 502 unavailable
expect "a caller's id is kept" "$(header X-Request-Id)" my-own-id-1
fetch -H 'X-Request-Id: "},{"level":"x' "$to/api/v1/notes"
problem "no instance, odd id" 502 unavailable
fetch "$to/notes"
expect "a page without an instance" "$status" 502
expect "a page without an instance is HTML" "$(header Content-Type)" "text/html*"
guarded "a page without an instance"
head -c 70000 /dev/zero >"$work/70k"
head -c 1100000 /dev/zero >"$work/1m"
head -c 9000000 /dev/zero >"$work/9m"
fetch -X POST --data-binary "@$work/70k" "$to/api/v1/auth/login"
problem "70 kB to sign in" 413 payload_too_large
fetch -X POST --data-binary "@$work/1m" "$to/api/v1/search"
problem "1.1 MB elsewhere" 413 payload_too_large
fetch -X POST --data-binary "@$work/9m" "$to/api/v1/notes"
problem "9 MB as a note" 413 payload_too_large
fetch -X TRACE "$to/api/v1/notes"
problem TRACE 405 method_not_allowed
expect "TRACE: Allow" "$(header Allow)" "GET, *"
for path in /metrics /pool-stats /metrics/ //metrics /%6detrics /x/../metrics /METRICS; do
    fetch --path-as-is "$to$path"
    problem "$path from outside" 404 not_found
done
fetch -H "X-Long: $(head -c 40000 /dev/zero | tr '\0' a)" "$to/api/v1/notes"
problem "a header of 40 kB" 431 headers_too_large
fetch "$to/$(head -c 20000 /dev/zero | tr '\0' a)"
problem "an address of 20 kB" 414 uri_too_long
fetch -H 'Host: two words' "$to/api/v1/notes"
problem "a broken Host" 400 bad_request
fetch -H 'Host: evil.example' "$to/api/v1/notes"
expect "an unknown host gets no response" "$status" 000
fetch -H 'Host:' --http1.0 "$to/api/v1/notes"
expect "no host gets no response" "$status" 000
say "ok      nginx's own errors"

to=http://127.0.0.1:$echoing
fetch -H 'X-Forwarded-For: 203.0.113.9' -H 'X-Forwarded-Proto: https' -H 'Forwarded: for=203.0.113.9' \
    -H 'X-Real-IP: 203.0.113.9' -H 'X-Forwarded-Host: evil.example' -H 'X-Original-URL: /admin' "$to/api/v1/me"
expect "a response of the service" "$status" 200
expect "the address is the peer's" "$(field x-forwarded-for)" 127.0.0.1
expect "the scheme is ours" "$(field x-forwarded-proto)" http
expect "the host and its port are passed on" "$(field host)" "127.0.0.1:$echoing"
expect "no Connection is passed on" "$(field connection)" ""
for name in forwarded x-real-ip x-forwarded-host x-original-url; do expect "$name is dropped" "$(field $name)" ""; done
expect "an id was made" "$(field x-request-id)" "????????????????????????????????"
expect "nothing is added to the service's response" "$(header Content-Security-Policy)" ""
fetch "$to/status/503"
expect "the service's 503 passes as it is" "$status $body" "503 from the service"
expect "uncompressed by default" "$(header Content-Encoding)" ""
fetch -H 'Accept-Encoding: gzip' "$to/api/v1/big"
expect "JSON is compressed on request" "$(header Content-Encoding)" gzip
expect "a compressed response has a weak ETag" "$(header ETag)" 'W/"1"'
fetch -H 'Accept-Encoding: gzip' "$to/api/v1/auth/big"
expect "responses with tokens are not compressed" "$(header Content-Encoding)" ""
fetch -X POST --data-binary "@$work/9m" "$to/api/v1/uploads/x"
expect "9 MB as an upload" "$status" 200
fetch -X POST --data-binary "@$work/9m" "$to/api/v1/files"
expect "9 MB as a form" "$status" 200
# curl stops long before the stream ends: only events that were not buffered have arrived.
status=$(curl -sN --max-time 3 --noproxy '*' -H 'Last-Event-ID: 7' -H 'Accept-Encoding: gzip' -D "$work/headers" -o "$work/body" \
    -w '%{http_code}' "$to/api/v1/events" || true)
headers=$(tr -d '\r' <"$work/headers")
expect "the event stream" "$status" 200
expect "events arrive before the stream ends" "$(head -n 1 "$work/body")" "data: 1"
expect "each at once" "$(grep -c -- '^: ---' "$work/body")" 1
expect "the number of the last event is passed on" "$(sed -n 's/^id: //p' "$work/body")" 7
expect "events are not compressed" "$(header Content-Encoding)" ""
expect "the stream's headers are the service's" "$(header Cache-Control)" no-store
say "ok      what is passed on"

to=https://localhost:$tls
fetch --http2 "$to/api/v1/notes"
problem "no instance, TLS" 502 unavailable
expect "HTTP/2" "$(head -n 1 <<<"$headers")" "HTTP/2*"
expect "HSTS" "$(header Strict-Transport-Security)" "max-age=63072000*"
fetch --tls-max 1.1 "$to/api/v1/notes"
expect "TLS 1.1 is refused" "$status" 000
fetch --resolve "evil.example:$tls:127.0.0.1" "https://evil.example:$tls/"
expect "an unknown name gets no handshake" "$status" 000
status=$(curl -sk --max-time 10 --http2 --noproxy '*' -o /dev/null -w '%{http_code} ' "$to/" -H 'Host: evil.example' || true)
expect "another name over our connection" "$status" "421 "
fetch "http://localhost:$tls/api/v1/notes"
problem "plain to the TLS port" 400 bad_request
say "ok      TLS"

if [ -n "${1:-}" ]; then
    # nginx and the service send the same security headers.
    protection() {
        grep -viE '^(http/|server:|date:|content-(type|length)|connection:|x-request-id:|vary:|access-control-|ratelimit|$)' \
            <<<"$headers" | sed -E 's/^[^:]*/\L&/' | LC_ALL=C sort
    }
    fetch "$1/metrics"
    of_nginx=$(protection)
    fetch "$1/api/v1/there-is-no-such-thing"
    expect "headers of the service's 404 and of nginx's own" "$(protection)" "$of_nginx"
    say "ok      the same headers from the service"
fi

python3 - "$work"/*.access.log <<'PY' || fail "the access log is not one JSON object per line"
import json, sys
lines = [json.loads(line) for name in sys.argv[1:] for line in open(name)]
assert lines and all(line["request_id"] and "?" not in line["path"] for line in lines)
PY

[ "$failures" -eq 0 ] || die "$failures of $checks checks failed"
say "nginx: $checks checks passed"
