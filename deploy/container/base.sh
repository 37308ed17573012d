#!/usr/bin/env bash
# Make a base for the images out of Debian's packages alone, where no registry is reached: as root, with debootstrap
# and buildah. The images are then built with --build-arg BASE=localhost/visor-base:bookworm.
#
#   deploy/container/base.sh [MIRROR]
set -euo pipefail
mirror=${1:-http://deb.debian.org}
name=localhost/visor-base:bookworm

folder=$(mktemp --directory)
trap 'rm -rf "$folder"' EXIT
debootstrap --variant=minbase bookworm "$folder" "$mirror/debian" >&2
cat >"$folder/etc/apt/sources.list" <<LIST
deb $mirror/debian bookworm main
deb $mirror/debian bookworm-updates main
deb $mirror/debian-security bookworm-security main
LIST
chroot "$folder" sh -c 'apt-get update && DEBIAN_FRONTEND=noninteractive apt-get --yes dist-upgrade' >&2
# As in the slim images of Debian: neither what apt can fetch anew nor papers, but for licences.
rm -rf "$folder"/var/{cache/apt,lib/apt/lists,log}/* "$folder"/usr/share/{info,locale,man}
find "$folder/usr/share/doc" -type f ! -name copyright -delete

container=$(buildah from scratch)
trap 'rm -rf "$folder"; buildah rm "$container" >/dev/null' EXIT
buildah add --quiet "$container" "$folder" / >/dev/null
buildah config --cmd bash "$container"
buildah commit --quiet "$container" "$name" >/dev/null
echo "$name"
