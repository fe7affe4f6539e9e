#!/bin/sh
# First step of `npm test`: installs missing browsers, and Redis for virtual keys, from Debian's packages.
# About a minute and a half on a bare machine.
set -eu

if ! command -v dpkg-query >/dev/null; then
  echo 'Not Debian: the browser tests use the browsers found here (see CONTRIBUTING.md).'
  exit 0
fi

missing=''
for package in chromium firefox-esr webkit2gtk-driver xvfb wpewebkit-driver cog redis-server; do
  dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
    missing="$missing $package"
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" -ne 0 ]; then
  echo "Missing packages:$missing (run as root: apt-get install$missing)" >&2
  exit 1
fi
echo "Installing$missing (once, about a minute and a half)"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # the list is meant to be split
apt-get install -y -qq --no-install-recommends $missing
