# perf-look with the programs that it measures with: Postgres and Chromium of Debian. Nothing is downloaded but packages
# of Debian and crates.
FROM rust:1.95-slim-trixie AS build
# The toolchain of the image, without the components that only development needs.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /src
COPY . .
RUN cargo install --locked --path cli --root /usr/local

FROM debian:trixie-slim
# Debian makes and starts a server when the package is installed, unless it is told not to.
RUN mkdir -p /etc/postgresql-common \
    && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf \
    && apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates chromium git postgresql \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /usr/local/bin/perf-look /usr/local/bin/perf-look
# Started as root, since Chromium's sandbox needs user namespaces, which containers seldom have, and as root it does
# without. The server, which refuses to be root, is run by perf-look as the user that Debian's package made for it.
WORKDIR /repository
# No entry point, since GitLab and others run a shell in it: docker run … perf-look gate
CMD ["perf-look", "--help"]
