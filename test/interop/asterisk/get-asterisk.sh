#!/bin/bash
# Asterisk without root or installation: Debian's packages, unpacked into a folder and run from there.
#   get-asterisk.sh DIR        (some ten seconds, 160 packages, 80 MB over the network, 270 MB on disk)
# Its last line names the version and the suite it came from. RINGBOOK_ASTERISK_SUITE asks for one suite alone.
set -euo pipefail
target=${1:?usage: get-asterisk.sh DIR}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# The machine's own mirror: the only one known to be reachable from here.
mirror=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN)' 2>/dev/null | awk '$2 == "Debian" { print $1; exit }')
[ -n "$mirror" ] || mirror=$(awk '/^URIs:/ { print $2; exit }' /etc/apt/sources.list.d/debian.sources 2>/dev/null || true)
[ -n "$mirror" ] || mirror=http://deb.debian.org/debian

fetch() {
  local suite=$1 work
  work=$(mktemp -d "$target.XXXXXX")
  trap 'rm -rf "$work"' RETURN
  mkdir -p "$work"/state/lists/partial "$work"/cache/archives/partial "$work"/root
  : > "$work/status"
  echo "deb [signed-by=$keyring] $mirror $suite main" > "$work/sources.list"
  # An apt of its own: nothing of the machine's package state is read or written.
  local apt=(apt-get -qq
    -o "Dir::State=$work/state" -o "Dir::State::status=$work/status" -o "Dir::Cache=$work/cache"
    -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::parts=/dev/null
    -o Dir::Etc::preferencesparts=/dev/null -o APT::Sandbox::User= -o Acquire::Languages=none)
  "${apt[@]}" update || return 1
  "${apt[@]}" -y --no-install-recommends --download-only install asterisk asterisk-core-sounds-en-gsm || return 1
  local package
  for package in "$work"/cache/archives/*.deb; do dpkg-deb -x "$package" "$work/root" || return 1; done
  # The package links its prompts through /etc/alternatives, which is not here.
  ln -sfn en_US_f_Allison "$work/root/usr/share/asterisk/sounds/en"
  local version
  version=$(basename "$work"/cache/archives/asterisk_*.deb | cut -d_ -f2 | sed 's/%3a/:/')
  echo "Asterisk $version from Debian $suite" > "$work/root/version"
  mkdir -p "$target"
  rm -rf "$target/root"
  mv "$work/root" "$target/root"
}

# Debian testing now and then drops Asterisk; unstable then still has it.
for suite in ${RINGBOOK_ASTERISK_SUITE:-forky sid}; do
  if fetch "$suite"; then
    cat "$target/root/version"
    exit 0
  fi
  echo "Debian $suite has no Asterisk that can be unpacked here" >&2
done
exit 1
