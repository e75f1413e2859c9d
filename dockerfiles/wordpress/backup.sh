#!/bin/bash
# backup dump|verify|restore: wp-content, where uploads are, as one archive in /workspace/data, and back.
#
# Restoring unpacks beside what there is, and then exchanges each folder by renaming it.
set -euo pipefail
shopt -s inherit_errexit nullglob dotglob
umask 007

readonly data=/workspace/data
readonly archive=$data/wp-content.tar.gz
readonly count=$data/entries
readonly content=/var/lib/wp-content
readonly bundled=/srv/wp-content
readonly new=$content/.restore-new
readonly old=$content/.restore-old
readonly attempts=5
# What can be made again, what a restore leaves behind when it is killed, and what belongs to the file system.
readonly left_out=(./cache ./upgrade ./upgrade-temp-backup ./.restore-new ./.restore-old ./lost+found)

log() { TZ=UTC printf '%(%FT%TZ)T %s wordpress-backup: %s\n' -1 "$1" "$2" >&2; }
fail() { log error "$1"; exit 1; }

# A file that changes while it is read makes tar end with 1: the next attempt finds it at rest.
dump() {
  local attempt code
  rm -rf "$data"
  mkdir "$data"
  for ((attempt = 1; attempt <= attempts; attempt++)); do
    code=0
    tar --create --gzip --file="$archive" --directory="$content" "${left_out[@]/#/--exclude=}" . || code=$?
    [[ $code == 1 ]] || break
    log info 'files changed meanwhile: once more'
    sleep 5
  done
  [[ $code == 0 ]] || fail "tar ended with $code"
  entries >"$count"
  log info "dumped $(cat "$count") files and folders"
}

entries() { tar --list --file="$archive" | wc -l; }

verify() {
  local found
  gzip --test "$archive" || fail 'the archive is damaged'
  found=$(entries)
  [[ $found == "$(cat "$count")" ]] || fail "the archive has $found files and folders, not $(cat "$count")"
  log info "the archive has all $found files and folders"
}

restore() {
  local entry name
  rm -rf "$new"
  mkdir "$new"
  tar --extract --file="$archive" --directory="$new" --no-same-owner --preserve-permissions
  link_bundled_content
  sync --file-system "$content"
  rm -rf "$old"
  mkdir "$old"
  for entry in "$content"/*; do
    name=${entry##*/}
    [[ $entry == "$new" || $entry == "$old" || $name == lost+found || -e $new/$name ]] || mv "$entry" "$old/"
  done
  for entry in "$new"/*; do
    exchange "${entry##*/}"
  done
  rmdir "$new"
  rm -rf "$old"
  log info "restored $(cat "$count") files and folders"
}

exchange() {
  if [[ -e $content/$1 || -L $content/$1 ]]; then
    mv -T "$content/$1" "$old/$1"
  fi
  mv -T "$new/$1" "$content/$1"
}

# The image's own themes and plugins, as wordpress-setup links them: here they may be others than in the backup.
link_bundled_content() {
  local kind path
  for kind in plugins themes; do
    mkdir -p "$new/$kind"
    find "$new/$kind" -maxdepth 1 -lname "$bundled/*" -delete
    for path in "$bundled/$kind"/*; do
      rm -rf "$new/$kind/${path##*/}"
      ln -s "$path" "$new/$kind/${path##*/}"
    done
  done
}

case ${1:-} in
  dump | verify | restore) "$1" ;;
  *) log error "the command is '${1:-}'; use dump, verify or restore"; exit 64 ;;
esac
