#!/bin/bash
# entrypoint store|keep|fetch|list: moves backups between /workspace and the target, a volume or a bucket.
#
# A backup is a folder named after the time when it was made, in UTC. It counts from the moment when it has its
# checksums: 'store' uploads the files and reads them back, others look into what was read, and then 'keep' adds the
# checksums. 'fetch' brings a backup that counts, the newest or the one that RESTORE_FROM names. 'list' says what there is.
set -euo pipefail
shopt -s inherit_errexit nullglob
# What one job has stored another one fetches: they have a group in common, and where the platform chooses users, no more.
umask 007

readonly work=/workspace
readonly data=$work/data
readonly noted_name=$work/name
readonly noted_sums=$work/SHA256SUMS
readonly sums=SHA256SUMS
readonly unfinished_seconds=86400

log() { TZ=UTC printf '%(%FT%TZ)T %s backup: %s\n' -1 "$1" "$2" >&2; }
fail() { log error "$1"; exit "${2:-1}"; }
# With these two the job is not tried again.
misuse() { fail "$1" 64; }
useless() { fail "$1" 65; }

require() {
  local name
  for name in "$@"; do
    [[ ${!name:-} ]] || misuse "$name is not set"
  done
}

secret() {
  local content
  content=$(cat "$1" 2>/dev/null) || true
  [[ $content ]] || misuse "the secret file $1 is missing, empty or unreadable"
  printf '%s' "$content"
}

# In the environment of rclone alone, which has no other way to take them but a file.
connect() {
  require BACKUP_OF TARGET_TYPE TARGET_PATH
  target=target:${TARGET_PATH%/}/$BACKUP_OF
  export RCLONE_CONFIG='' RCLONE_CONFIG_TARGET_TYPE=$TARGET_TYPE RCLONE_LOG_LEVEL=ERROR RCLONE_STATS=0
  export RCLONE_CONTIMEOUT=15s RCLONE_TIMEOUT=2m RCLONE_LOW_LEVEL_RETRIES=3
  case $TARGET_TYPE in
    local) [[ -w $TARGET_PATH ]] || fail "$TARGET_PATH is not writable by user $EUID" ;;
    s3)
      require S3_ENDPOINT S3_PROVIDER S3_REGION
      RCLONE_CONFIG_TARGET_ACCESS_KEY_ID=$(secret /run/secrets/target/username)
      RCLONE_CONFIG_TARGET_SECRET_ACCESS_KEY=$(secret /run/secrets/target/password)
      export RCLONE_CONFIG_TARGET_ACCESS_KEY_ID RCLONE_CONFIG_TARGET_SECRET_ACCESS_KEY
      export RCLONE_CONFIG_TARGET_ENDPOINT=$S3_ENDPOINT RCLONE_CONFIG_TARGET_PROVIDER=$S3_PROVIDER
      export RCLONE_CONFIG_TARGET_REGION=$S3_REGION RCLONE_CONFIG_TARGET_NO_CHECK_BUCKET=true
      ;;
    *) misuse "TARGET_TYPE is '$TARGET_TYPE'; use local or s3" ;;
  esac
}

store() {
  local name newest
  cd "$data" 2>/dev/null || fail "there is no $data"
  local files=(*)
  [[ ${#files[@]} -gt 0 ]] || fail "$data is empty: nothing was dumped"
  sha256sum --binary -- "${files[@]}" >"$noted_sums"
  name=$(TZ=UTC printf '%(%Y%m%dT%H%M%SZ)T' -1)
  newest=$(complete | tail -n 1)
  [[ $newest < $name ]] || fail "there is a backup of $newest already, and now it is $name: see to the clock"
  log info "storing $(size_of "$data") as $target/$name"
  rclone copy --immutable "$data" "$target/$name"
  cd "$work"
  rm -r "$data"
  rclone copy "$target/$name" "$data"
  check "$noted_sums"
  printf '%s\n' "$name" >"$noted_name"
  log info 'read back, and the checksums agree'
}

keep() {
  require KEEP_LAST KEEP_DAYS
  local name all
  name=$(cat "$noted_name")
  flush
  # Under another name first: a file that is half written must never be taken for the whole.
  rclone copyto "$noted_sums" "$target/$name/$sums.part"
  rclone moveto "$target/$name/$sums.part" "$target/$name/$sums"
  flush
  log info "kept $target/$name"
  remove_old
  remove_unfinished
  all=$(complete)
  log info "there are now: ${all//$'\n'/ }"
}

fetch() {
  local name=${RESTORE_FROM:-} all
  all=$(complete)
  [[ $all ]] || useless "there is no backup in $target"
  [[ $name ]] || name=$(tail -n 1 <<<"$all")
  grep -qxFe "$name" <<<"$all" || useless "there is no backup '$name' in $target; use one of: ${all//$'\n'/ }"
  rm -rf "$data"
  rclone copy "$target/$name" "$data"
  mv "$data/$sums" "$noted_sums"
  check "$noted_sums" || useless "the backup $name is damaged, and is not restored; there are: ${all//$'\n'/ }"
  log info "fetched $target/$name of $(size_of "$data"), and the checksums agree"
}

# The name of each backup, its size in bytes, and whether it counts; and a last line, for who has to know that it is all.
list() {
  local found
  found=$(entries --recursive --format ps --separator $'\t')
  awk -F '\t' -v sums="$sums" '
    $1 ~ /^[0-9]{8}T[0-9]{6}Z\// {
      name = substr($1, 1, 16)
      size[name] += $2 > 0 ? $2 : 0
      if ($1 == name "/" sums) verified[name]
    }
    END { for (name in size) printf "%s\t%.0f\t%s\n", name, size[name], name in verified ? "verified" : "unfinished" }
  ' <<<"$found" | sort
  log info "listed $target"
}

check() {
  local listed there
  listed=$(sed 's/^[0-9a-f]* \*//' "$1" | sort)
  there=$(cd "$data" && printf '%s\n' * | sort)
  if [[ $listed != "$there" ]]; then
    log error "expected the files ${listed//$'\n'/ }, found ${there//$'\n'/ }"
    return 1
  fi
  (cd "$data" && sha256sum --check --strict --quiet "$1" >&2)
}

# A backup that is neither one of the last nor young enough. Its checksums go first, so that it never counts in part.
remove_old() {
  local name all
  all=$(complete)
  while read -r name; do
    if (($(age_of "$name") > KEEP_DAYS * 86400)); then
      rclone deletefile "$target/$name/$sums"
      rclone purge "$target/$name"
      log info "removed $name, which is older than $KEEP_DAYS days"
    fi
  done < <(head -n "-$KEEP_LAST" <<<"$all")
}

remove_unfinished() {
  local name all finished
  all=$(names)
  finished=$(complete)
  while read -r name; do
    if (($(age_of "$name") > unfinished_seconds)); then
      rclone purge "$target/$name"
      log info "removed $name, which was never finished"
    fi
  done < <(comm -23 <(grep . <<<"$all") <(grep . <<<"$finished"))
}

# An empty list where there is no folder yet; anything else that goes wrong is an error.
entries() {
  local code=0 found
  found=$(rclone lsf "$@" "$target" 2>"$work/errors") || code=$?
  if [[ $code != 0 && $code != 3 ]]; then
    fail "$target cannot be listed: $(tr '\n' ' ' <"$work/errors")"
  fi
  printf '%s\n' "$found"
}

# What these find is put into a variable first: where a list fails, nothing may be taken for unfinished.
names() {
  local found
  found=$(entries --dirs-only)
  sed -nE 's/^([0-9]{8}T[0-9]{6}Z)\/$/\1/p' <<<"$found" | sort
}

complete() {
  local found
  found=$(entries --recursive --files-only --include "/*/$sums")
  sed -nE "s/^([0-9]{8}T[0-9]{6}Z)\/$sums\$/\1/p" <<<"$found" | sort
}

age_of() {
  local at=$1 then
  then=$(date --utc --date="${at:0:8} ${at:9:2}:${at:11:2}:${at:13:2}" +%s)
  printf '%s' $((EPOCHSECONDS - then))
}

size_of() { du --summarize --human-readable --apparent-size "$1" | cut -f1; }

flush() { [[ $TARGET_TYPE != local ]] || sync --file-system "$TARGET_PATH"; }

case ${1:-} in
  store | keep | fetch | list) connect; "$1" ;;
  *) misuse "the command is '${1:-}'; use store, keep, fetch or list" ;;
esac
