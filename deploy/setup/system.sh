#!/usr/bin/env bash
# Install what the full test run needs from Debian's or Ubuntu's own packages; root, or a user with sudo.
set -euo pipefail

packages=(
  chromium fonts-dejavu-core fonts-liberation # browser tests
  postgresql redis-server                     # a throw-away server of each, started by devtools/stack/services.py
  apache2 libapache2-mod-auth-openidc         # an independent relying party
  softhsm2                                    # a security module in software
  golang-go golang-golang-x-mod-dev           # another's verifier of the audit log
  pgbouncer                                   # a pooler of connections, which is refused
  nginx libnginx-mod-http-js                  # the reference proxy, and what passes certificates on
  systemd                                     # what its units may do, and whether it takes them
  libfaketime                                 # lets a process read another time
  prometheus                                  # raises the alerts, and its promtool tries them
  iproute2 nftables                           # the namespaces of a rehearsal, and who may reach whom
  gettext                                     # finds the texts that catalogues have to hold
)

as_root=()
if [[ $(id -u) -ne 0 ]]; then as_root=(sudo); fi
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@"; }

# The browser without its windows, for tests of pages; where there is none, they take the whole browser.
shell() { apt-cache show chromium-headless-shell >/dev/null 2>&1 && echo chromium-headless-shell; }

install() { apt update && apt install --yes --no-install-recommends "${packages[@]}" $(shell); }

install >/dev/null || { echo "apt failed; trying once more" >&2; sleep 5; install >/dev/null; }
echo "System packages are there: ${packages[*]}"
