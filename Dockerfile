# The image of the service: one binary, no shell, no package manager, not root, a read-only file system. It contains no
# settings and no secrets; those are passed when it runs.
#
# Each base image is an argument, so that it can be replaced by a mirror. For a release they are pinned by digest:
#   docker buildx imagetools inspect gcr.io/distroless/cc-debian12:nonroot    →  --build-arg RUNTIME_IMAGE=…@sha256:…

ARG NODE_IMAGE=node:22.20.0-bookworm-slim
ARG RUST_IMAGE=rust:1.95.0-slim-bookworm
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian12:nonroot

# --- the page ---
FROM ${NODE_IMAGE} AS web
WORKDIR /build/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web/ ./
RUN npm run build

# --- the dependencies: compiled once, as long as the lock file stays ---
FROM ${RUST_IMAGE} AS deps
WORKDIR /build
COPY Cargo.toml Cargo.lock rust-toolchain.toml ./
RUN mkdir src \
    && echo 'fn main() {}' > src/main.rs \
    && touch src/lib.rs \
    && cargo build --release --locked \
    && rm -rf src

# --- the binary, with the page inside ---
FROM deps AS build
COPY migrations/ migrations/
COPY src/ src/
COPY --from=web /build/web/dist/ web/dist/
# The placeholder sources above are newer than the copied ones.
RUN touch src/main.rs src/lib.rs && cargo build --release --locked

# --- what runs ---
FROM ${RUNTIME_IMAGE}
COPY --from=build /build/target/release/satchel /satchel
USER 65532:65532
ENV SATCHEL_HTTP_ADDR=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 CMD ["/satchel", "health"]
ENTRYPOINT ["/satchel"]
CMD ["serve"]
