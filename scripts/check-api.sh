#!/usr/bin/env bash
# `make check-api`: Schemathesis calls every operation of the OpenAPI spec with valid and invalid values, alone and in
# chains, as two users who must not see each other's data, then as an admin.
# Usage: check-api.sh [URL]   an instance of RUN_DIR without rate limits; the check creates and changes accounts. Without
# URL it starts a private stack. EXAMPLES=200 SEED=7 try more and other values.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/deps.sh
. "$(dirname "$0")/deps.sh"
# shellcheck source=scripts/private-stack.sh
. "$(dirname "$0")/private-stack.sh"

examples=${EXAMPLES:-12} seed=${SEED:-1}
tool=$(python_tool schemathesis "$SCHEMATHESIS_VERSION" schemathesis)
url=${1:-}
if [ -z "$url" ]; then
    start_private_stack
    url=http://127.0.0.1:$((PORT + 1))
fi
[ "$(env_value "$RUN_DIR/instance.env" SATCHEL_API_LIMITS)" = off ] || die "the instances limit requests: SATCHEL_API_LIMITS=off make up"

password=$(make_users fuzz 3)
"$ROOT/scripts/satchel.sh" user set-admin fuzz3 >/dev/null
work=$RUN_DIR/check-api
rm -rf "$work"
mkdir -p "$work"
cp "$ROOT/scripts/check-api.toml" "$work/schemathesis.toml"

# sign_in_as NAME…: writes how Schemathesis gets and renews its tokens.
sign_in_as() {
    PASSWORD=$password python3 - "$@" <<'PY' | write_private "$work/auth.json"
import json, os, sys

token = {"extractFrom": "body", "extractSelector": "/access_token", "sendIn": "header", "sendName": "Authorization",
         "sendTemplate": "Bearer {token}"}
login = {"endpoint": "/api/v1/auth/login?transport=body", "verb": "POST", "contentType": "application/json", "token": token}
entry = lambda name: {"name": name, "loginEndpointAuth": {"payloadUserPwd": {
    "username": name, "usernameField": "login", "password": os.environ["PASSWORD"], "passwordField": "password"}}}
json.dump({"authTemplate": {"loginEndpointAuth": login}, "auth": [entry(name) for name in sys.argv[1:]]}, sys.stdout)
PY
}

# run_checks ARGUMENTS…: runs in a folder of its own and prints the output only when something was found.
run_checks() {
    local log=$work/log
    if (cd "$work" && SCHEMATHESIS_HOOKS=check_api_hooks PYTHONPATH="$ROOT/scripts" PYTHONDONTWRITEBYTECODE=1 NO_PROXY='*' \
        "$tool" --config-file schemathesis.toml run "$url/api/openapi.json" --checks all --continue-on-failure \
        --max-examples "$examples" --seed "$seed" "$@" >"$log" 2>&1); then
        grep -E '^  [0-9]+ generated|No issues found' "$log"
    else
        cat "$log"
        return 1
    fi
}

step "the API as two users who must not see each other's data"
sign_in_as fuzz1 fuzz2
printf 'peers = ["fuzz1", "fuzz2"]\n' | sed -i '/^path = "auth.json"$/r /dev/stdin' "$work/schemathesis.toml"
run_checks
step "the API as an admin"
sign_in_as fuzz3
sed -i '/^peers = /d' "$work/schemathesis.toml"
# A deleted account can be read during its grace period.
run_checks --exclude-checks use_after_free --include-path-regex '^/api/v1/admin/'
