#!/usr/bin/env bash
# Files in a third-party object store: a private stack moves its files to moto's S3 and back, reads them whole and in ranges,
# and continues while the store hangs. tests/suite/storage uses a stricter server and kills processes.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/deps.sh
. "$(dirname "$0")/deps.sh"
# shellcheck source=scripts/private-stack.sh
. "$(dirname "$0")/private-stack.sh"

server=$(python_tool 'moto[server]' "$MOTO_VERSION" moto_server)
port=$(free_ports 1) work=$(mktemp -d) moto=
store=http://127.0.0.1:$port
finish() {
    [ -z "$moto" ] || kill -KILL "$moto" 2>/dev/null || true
    stop_private_stack
    rm -rf "$work"
}
ask() { curl -s --noproxy '*' --max-time 30 "$@"; }

# New files stay in the rows, so that only the commands move them.
export SATCHEL_FILES_STORE=rows SATCHEL_S3_BUCKET=files SATCHEL_S3_ENDPOINT=$store SATCHEL_S3_ACCESS_KEY_ID=check
export SATCHEL_S3_SECRET_ACCESS_KEY=check-secret
start_private_stack
trap finish EXIT

step "an object store"
"$server" -H 127.0.0.1 -p "$port" >"$work/moto.log" 2>&1 &
moto=$!
for _ in $(seq 100); do
    ask -f -o "$work/made" -X PUT "$store/files" && break
    sleep 0.2
done
[ -e "$work/made" ] || die "moto does not answer: $(tail -n 5 "$work/moto.log")"

url=http://127.0.0.1:$((PORT + 1))/api/v1
password=$(make_users s3user 1)
login=$(printf '{"login":"s3user1","password":"%s"}' "$password" |
    ask -H 'Content-Type: application/json' --data @- "$url/auth/login?transport=body")
token=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])' <<<"$login")
printf 'header = "Authorization: Bearer %s"\n' "$token" | write_private "$work/auth"

step "uploading files"
ids=()
for size in 0 1 3145729 20000000; do
    head -c "$size" /dev/urandom >"$work/$size"
    made=$(ask -K "$work/auth" -F "file=@$work/$size" "$url/files")
    ids+=("$size $(python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])' <<<"$made")")
done

# check_contents: each file whole, and a range across chunk boundaries.
check_contents() {
    local entry size id
    for entry in "${ids[@]}"; do
        read -r size id <<<"$entry"
        ask -K "$work/auth" -f -o "$work/got" "$url/files/$id/content"
        cmp "$work/$size" "$work/got"
        [ "$size" -gt 2000000 ] || continue
        ask -K "$work/auth" -f -o "$work/got" -r 1048000-2100000 "$url/files/$id/content"
        cmp <(tail -c +1048001 "$work/$size" | head -c 1052001) "$work/got"
    done
}
objects() { ask "$store/files?list-type=2" | grep -o '<Key>' | wc -l; }
satchel() { "$ROOT/scripts/satchel.sh" "$@" 2>"$work/stderr" || { cat "$work/stderr" >&2; return 1; }; }

step "moving to the object store"
check_contents
satchel storage migrate --to s3 | tail -n 1
[ "$(objects)" -eq 4 ] || die "there are $(objects) objects, not 4"
check_contents
satchel storage verify

step "a store that hangs"
read -r _ id <<<"${ids[2]}"
kill -STOP "$moto"
status=$(ask -K "$work/auth" -o "$work/got" -D "$work/head" -w '%{http_code}' "$url/files/$id/content")
[ "$status" = 503 ] || die "the response was $status, not 503: $(cat "$work/got")"
grep -qi '^retry-after:' "$work/head" || die "no Retry-After"
head -c 1000 /dev/urandom >"$work/during"
ask -K "$work/auth" -f -o "$work/made" -F "file=@$work/during" "$url/files"
kill -CONT "$moto"
check_contents

step "moving to the rows"
satchel storage migrate --to rows | tail -n 1
[ "$(objects)" -eq 0 ] || die "$(objects) objects were left"
check_contents
satchel storage verify
