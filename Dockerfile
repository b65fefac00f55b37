# Perch as an image: compiled in one stage, run from another, by a user who is not root.
#
#   docker build -t perch .
#
# tests/container.sh builds it without a Docker engine, on images of its own making; that is what the two names are for.
ARG BUILD_IMAGE=docker.io/library/rust:1-slim-bookworm
ARG BASE_IMAGE=docker.io/library/debian:bookworm-slim

FROM ${BUILD_IMAGE} AS build
WORKDIR /src
COPY . .
# What was compiled before is kept between builds. --locked: just the versions that were tested.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/var/cache/perch-target \
    CARGO_TARGET_DIR=/var/cache/perch-target cargo build --release --locked --bin perch && \
    install -D /var/cache/perch-target/release/perch /out/perch

FROM ${BASE_IMAGE}
RUN groupadd --system --gid 5060 perch && \
    useradd --system --uid 5060 --gid perch --no-create-home --home-dir /var/lib/perch --shell /usr/sbin/nologin perch && \
    install -d -o perch -g perch -m 0750 /var/lib/perch && \
    install -d /etc/perch
COPY --from=build /out/perch /usr/local/bin/perch
USER 5060:5060
# The only place that is written to: the root file system may be read-only.
VOLUME /var/lib/perch
# SIP by UDP, TCP, TLS, WebSocket and WSS; the control API; phone pages; files by TFTP and HTTP; metrics and health. RTP ports are in the README.
EXPOSE 69/udp 2000/tcp 5060/udp 5060/tcp 5061/tcp 5080/tcp 5443/tcp 5070/tcp 6970/tcp 6971/tcp 8080/tcp 8443/tcp 9090/tcp
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["perch", "healthcheck"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["perch"]
CMD ["serve"]
