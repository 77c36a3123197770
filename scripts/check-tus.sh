#!/usr/bin/env bash
# Runs the reference clients of tus 1.0 against Satchel through nginx: tus-js-client from npm and tuspy from PyPI, both
# unmodified and pinned. The digest of each stored file is compared with that of the bytes sent.
# Usage: check-tus.sh [URL]   the URL of the nginx of RUN_DIR; without it a private stack is started
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/deps.sh
. "$(dirname "$0")/deps.sh"
# shellcheck source=scripts/stack.sh
. "$(dirname "$0")/stack.sh"
# shellcheck source=scripts/private-stack.sh
. "$(dirname "$0")/private-stack.sh"

clients=$ROOT/tests/clients
python=$(python_tool tuspy "$(sed -n 's/^tuspy==//p' "$clients/requirements.txt")" python)
need curl
need_node
npm ci --prefix "$clients" --silent --no-audit --no-fund

url=${1:-}
if [ -z "$url" ]; then
    start_private_stack
    url=http://127.0.0.1:$PORT
fi
work=$RUN_DIR/check-tus
rm -rf "$work"
mkdir -p "$work"
password=$(make_users tus 1)
sign_in() {
    PASSWORD=$password python3 -c 'import json, os; print(json.dumps({"login": "tus1", "password": os.environ["PASSWORD"]}))' |
        curl -sf --noproxy '*' -H 'Content-Type: application/json' --data-binary @- "$url/api/v1/auth/login?transport=body" |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])'
}
TOKEN=$(sign_in)
export TOKEN NO_PROXY='*'

# Longer than some chunks, and not a multiple of any.
head -c 5000001 /dev/urandom >"$work/file"
wanted=$(sha256sum "$work/file" | cut -d ' ' -f 1)

# check_client NAME COUNT COMMAND…: the command prints the URLs of that many uploads.
check_client() {
    local name=$1 count=$2 address id found=0
    shift 2
    "$@" "$url" "$work/file" "$work" >"$work/$name.txt" || die "$name failed"
    while read -r address; do
        id=${address##*/}
        [ "$(db_admin satchel -e "SELECT LOWER(HEX(sha256)) FROM files WHERE id = UNHEX(REPLACE('$id', '-', ''))")" = "$wanted" ] ||
            die "$name: the file of $address is not what was sent"
        found=$((found + 1))
    done <"$work/$name.txt"
    [ "$found" -eq "$count" ] || die "$name: $found of $count files"
    say "ok      $name: $count files"
}
check_client tus-js-client 4 node "$clients/tus-js.mjs"
check_client tuspy 4 "$python" "$clients/tuspy_client.py"
left=$(db_admin satchel -e "SELECT COUNT(*) FROM uploads u JOIN users o ON o.id = u.owner_id WHERE o.username = 'tus1'")
[ "$left" -eq 0 ] || die "$left uploads are left"
