#!/usr/bin/env bash
# The first process of a machine (machine.py): lays out its files, and becomes systemd. ROOT is the release, BASE
# the Python, SITE its packages, UNITS the units; standard input says which more files there are.
set -euo pipefail
mount --make-rprivate /
files=$(cat)

# What the release needs comes first, as /tmp and /run are covered then.
mkdir -p /opt /var/lib
mount -t tmpfs tmpfs /opt -o mode=755
release=/opt/visor/releases/one
mkdir -p "$release" /opt/python
mount --bind "$BASE" /opt/python
(cd "$ROOT" && git ls-files -z --cached --others --exclude-standard -- ':!tests') >/opt/files
tar --create --directory "$ROOT" --null --files-from=/opt/files | tar --extract --directory "$release"
mkdir -p "$release/build"
cp -a "$ROOT/build/static" "$release/build/"
[[ ! -d $ROOT/build/models ]] || cp -a "$ROOT/build/models" "$release/build/"
export LD_LIBRARY_PATH=/opt/python/lib # of a Python that was built to lie elsewhere
for group in web worker; do
  /opt/python/bin/python3 -m venv --without-pip "$release/venv/$group"
  mount --bind "$SITE" "$release"/venv/$group/lib/python3*/site-packages
done
compile='from pathlib import Path; from config.languages import compile_catalogues; compile_catalogues(Path("locale"))'
(
  cd "$release"
  venv/web/bin/python -c "$compile"
  export VISOR_ENVIRONMENT=production VISOR_BASE_URL=https://id.example.org
  export VISOR_DATABASE_URL=postgres://nowhere.invalid/visor VISOR_BROKER_URL=redis://:none@nowhere.invalid/0
  [[ $BARE ]] || venv/web/bin/python manage.py collectstatic --no-input --verbosity 0
)
ln -s releases/one /opt/visor/current
[[ ! $BARE ]] || cp -a "$ROOT/build/photos" /opt/photos

for folder in /var/lib /var/cache /var/log; do mount -t tmpfs tmpfs "$folder" -o mode=755; done
mount -t tmpfs tmpfs /run -o mode=755
mkdir -p /run/etc/upper /run/etc/work /run/log-of
mount -t overlay overlay /etc -o lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work
mount -t tmpfs tmpfs /etc/systemd/system
umount --recursive /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup
if [[ ! $BARE ]]; then
  cp -r "$UNITS"/visor* /etc/systemd/system/
  mkdir -p /etc/sysusers.d /etc/tmpfiles.d
  cp "$UNITS/visor.sysusers.conf" /etc/sysusers.d/visor.conf
  cp "$UNITS/visor.tmpfiles.conf" /etc/tmpfiles.d/visor.conf
  systemd-sysusers /etc/sysusers.d/visor.conf
  systemd-tmpfiles --create /etc/tmpfiles.d/visor.conf
fi
python=/opt/python/bin/python3
"$python" - "$files" <<'WRITE'
import json, pathlib, shutil, sys
for name, content in json.loads(sys.argv[1]).items():
    path = pathlib.Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    if path.suffix == ".json":
        path.chmod(0o640)
        user = {"sequencer": "provider"}.get(path.stem, path.stem)
        shutil.chown(path, "root", f"visor-{user}")
WRITE
# What a unit writes can be read by its name; nothing here keeps a journal.
mkdir -p /etc/systemd/system/visor-.service.d
printf '[Service]\nEnvironment=LD_LIBRARY_PATH=/opt/python/lib\nStandardOutput=append:/run/log-of/%%n\nStandardError=append:/run/log-of/%%n\n' \
  >/etc/systemd/system/visor-.service.d/90-log.conf
printf '[Unit]\nDescription=A machine for units\nRequires=sysinit.target dbus.socket\nAfter=sysinit.target\nAllowIsolate=yes\n' \
  >/etc/systemd/system/machine.target
for masked in systemd-journald.service systemd-journald.socket systemd-journald-dev-log.socket systemd-timesyncd.service \
  systemd-binfmt.service systemd-udevd.service systemd-networkd.service systemd-resolved.service postgresql.service \
  systemd-journal-flush.service redis-server.service network-online.target systemd-sysctl.service systemd-modules-load.service \
  systemd-tmpfiles-setup.service systemd-sysusers.service systemd-random-seed.service; do
  ln -sf /dev/null "/etc/systemd/system/$masked"
done
exec /lib/systemd/systemd --system --unit=machine.target --log-target=console --log-level=notice
