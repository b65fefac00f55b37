# A first image: built in one stage, run from another, not as root.
FROM rust:1-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked

FROM debian:bookworm-slim
RUN useradd --system --home-dir /var/lib/perch --create-home perch
COPY --from=build /src/target/release/perch /usr/local/bin/perch
USER perch
VOLUME /var/lib/perch
# SIP, control, metrics and health. See the README for what is not built yet and does not listen.
EXPOSE 5060/udp 5060/tcp 5070/tcp 9090/tcp
HEALTHCHECK --interval=10s --timeout=3s CMD ["perch", "healthcheck"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["perch"]
CMD ["serve", "--data", "/var/lib/perch"]
