#!/bin/sh
# Makes the secrets and certificates of a cluster, in secrets/ of this folder: sh prepare.sh NAME, where NAME is what callers
# will call it. What is there already stays as it is, so it can be run again. Needs openssl 3. As root it also gives each file
# the owner that compose.yaml needs. Without compose:
#   POSTERN_DATABASE_HOST, POSTERN_BUS_HOST  names of PostgreSQL and NATS
#   POSTERN_CA_FILE                          where the servers find ca.pem
set -eu
umask 077

name=${1:-}
case $name in
  '' | *[!A-Za-z0-9.-]*)
    echo 'Say the name that callers will use: sh prepare.sh postern.example.net' >&2
    exit 2
    ;;
esac
database=${POSTERN_DATABASE_HOST:-postgres}
bus=${POSTERN_BUS_HOST:-nats}
ca=${POSTERN_CA_FILE:-/run/secrets/ca.pem}
mkdir -p secrets
[ -e .env ] || printf 'POSTERN_NAME=%s\n' "$name" > .env
cd secrets

# Whole or not at all: a half written key would be kept for ever.
keep() {
  file=$1
  shift
  [ -e "$file" ] && return 0
  "$@" > "$file.new"
  mv "$file.new" "$file"
}

keep secret.key openssl rand -hex 32
keep postgres-password openssl rand -hex 24
keep database-password openssl rand -hex 24
keep bus-password openssl rand -hex 24
keep store-url printf 'postgres://postern:%s@%s:5432/postern?sslrootcert=%s\n' "$(cat database-password)" "$database" "$ca"
keep bus-url printf 'nats://postern:%s@%s:4222?ca=%s\n' "$(cat bus-password)" "$bus" "$ca"
keep nats-password.conf printf 'BUS_PASSWORD: "%s"\n' "$(cat bus-password)"

# An authority for what the parts of the cluster say to each other. Its key is needed to issue more: keep it elsewhere.
printf '[req]\ndistinguished_name = dn\nprompt = no\n[dn]\nCN = Postern cluster\n' > request.cnf
new_key() {
  keep "$1" openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256
}
new_key ca.key
keep ca.pem openssl req -new -x509 -config request.cnf -key ca.key -days 3650 \
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign

# $1: name of the files; $2: what it is for, in words of openssl.
issue() {
  new_key "$1.key"
  keep "$1.pem" openssl req -new -x509 -config request.cnf -subj "/CN=$1" -key "$1.key" -CA ca.pem -CAkey ca.key -days 3650 \
    -addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=serverAuth -addext "subjectAltName=$2"
}
issue server DNS:postern-server,DNS:localhost,IP:127.0.0.1
issue postgres "DNS:$database,DNS:localhost,IP:127.0.0.1"
issue nats "DNS:$bus,DNS:localhost,IP:127.0.0.1"
# For a first try. Callers trust it by ca.pem; put the certificate, the chain and the key of a real one into postern.pem.
if [ ! -e postern.pem ]; then
  issue public "DNS:$name"
  keep postern.pem cat public.pem public.key
fi
chmod 644 ca.pem
rm -f request.cnf

# Compose mounts a secret with the owner and mode that it has here. The folder itself stays closed.
if [ "$(id -u)" = 0 ]; then
  chown 10001:10001 secret.key store-url bus-url nats-password.conf server.* nats.* postern.pem ca.pem
  chown 999:999 postgres-password database-password postgres.*
else
  echo 'Run it again as root: the containers of Docker run as users of their own, who have to own their files.' >&2
fi
