#!/bin/sh
# Installs the reverse proxies of the network suite from Debian's own packages. Only what is missing.
set -eu

if ! command -v dpkg-query >/dev/null; then
  echo 'Not Debian: the network tests use the proxies found here (see CONTRIBUTING.md).'
  exit 0
fi

missing=''
for package in nginx-light haproxy apache2 caddy varnish lighttpd lighttpd-mod-openssl squid nghttp2-proxy h2o openssl; do
  dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
    missing="$missing $package"
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" -ne 0 ]; then
  echo "Missing proxies:$missing (run as root: apt-get install$missing)" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
# The tests start the proxies themselves; Debian's packages would start each one as a service.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
apt-get update -qq
# shellcheck disable=SC2086 # the list is meant to be split
apt-get install -y -qq --no-install-recommends $missing
