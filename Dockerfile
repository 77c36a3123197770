# The image of the service: one program, no shell, no package manager, not root, nothing written to its file system.
# Owns how the page and the binary are built inside containers. Refuses secrets and settings: those come when it runs.
#
# Each base is an argument, so that a mirror or a stand-in can take its place. For a release they are pinned by digest:
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
# The stand-ins above are newer than the sources that were copied.
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
