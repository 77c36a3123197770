#!/usr/bin/env bash
# Builds the page and the release binary, each only when its inputs changed, and prints the binary's path.
# The page is first, because the binary embeds it.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/deps.sh
. "$(dirname "$0")/deps.sh"
exec 3>&1 1>&2 # standard output has only the path

install_page_packages() {
    # npm writes the hidden lock file last: when it is newer than ours, the folder is complete and current.
    [ ! web/node_modules/.package-lock.json -nt web/package-lock.json ] || return 0
    step "fetching the page's packages"
    (cd web && npm ci --no-audit --no-fund --loglevel=error)
}

page_digest() {
    find web -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' -not -path 'web/e2e/*' \
        -not -name '*.spec.ts' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1
}

build_page() {
    local stamp=web/node_modules/.satchel-page digest
    digest=$(page_digest)
    [ -f web/dist/index.html ] && [ "$(cat "$stamp" 2>/dev/null)" = "$digest" ] && return
    step "building the page"
    # Vite's list of files is shown only when the build fails.
    local log=web/node_modules/.satchel-page.log
    (cd web && npm run --silent build) >"$log" 2>&1 || { cat "$log" && die "the page does not build"; }
    echo "$digest" >"$stamp"
}

cd "$ROOT"
need curl python3
need_node
need_rust
(
    flock 9 # two builds in one work tree would delete each other's files
    install_page_packages
    build_page
) 9<web/package.json
[ "${1:-}" != page ] || exit 0

step "building the service"
cargo build --release --locked
target=$(cargo metadata --no-deps --format-version 1 --offline | python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
echo "$target/release/satchel" >&3
