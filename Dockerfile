# An image that holds the static program and nothing else.
FROM rust:1.95-alpine AS build
# pinning this would pin the image's own release of Alpine
# hadolint ignore=DL3018
RUN apk add --no-cache musl-dev
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
COPY src src
COPY rules rules
COPY schemas schemas
RUN cargo build --release --locked --bin hallpass

FROM scratch
COPY --from=build /build/target/release/hallpass /hallpass
# verify and revoke check Canvas' certificate
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY LICENSE-MIT LICENSE-APACHE /
# docker run --rm --user "$(id -u):$(id -g)" --volume "$PWD:/src:ro" IMAGE scan
USER 65534:65534
WORKDIR /src
ENTRYPOINT ["/hallpass"]
CMD ["scan"]
