#!/bin/sh
# Installs Debian packages as root so that no service starts: install-debian-packages.sh PACKAGE…
# While it runs, the policy that maintainer scripts ask answers 101 (do not start). What was there before is put
# back however this ends, also by the next run where this one was killed with no chance to.
set -eu

policy=${POSTERN_POLICY_FILE:-/usr/sbin/policy-rc.d}
saved=$policy.postern-saved
mark='# postern: no service starts while its test servers are installed'

restore() {
  if [ -e "$saved" ]; then
    mv -f "$saved" "$policy"
  elif grep -qsF "$mark" "$policy"; then
    rm -f "$policy"
  fi
}

restore
trap restore EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

if [ -e "$policy" ]; then mv -f "$policy" "$saved"; fi
printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy"
chmod 755 "$policy"

export DEBIAN_FRONTEND=noninteractive
# The lists that an image was shipped with can name versions that the archive no longer has.
apt-get update -q || echo 'apt-get update failed; trying with the package lists that are here' >&2
# --no-remove: a machine with another MySQL keeps it, and the installation fails instead. What is there stays as it is.
apt-get install -y -q --no-install-recommends --no-remove --no-upgrade -o DPkg::Lock::Timeout=300 "$@"
