#!/usr/bin/env bash
# Installs the Debian packages that tests run, those of scripts/ci-packages.txt that are missing. Needs root and apt-get;
# elsewhere it does nothing, and the tests name what they miss.
set -euo pipefail
cd "$(dirname "$0")"
if [ "$(id -u)" != 0 ] || ! command -v apt-get dpkg-query >/dev/null; then exit 0; fi
missing=()
while read -r package _; do
  case "$package" in '' | '#'*) continue ;; esac
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
done < ci-packages.txt
if [ ${#missing[@]} = 0 ]; then exit 0; fi
echo "Installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
