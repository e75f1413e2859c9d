#!/bin/bash
# Checks that phpMyAdmin's settings are there, then runs the command: serve-php.
set -euo pipefail

give_up() {
  TZ=UTC printf '%(%FT%TZ)T error phpmyadmin: %s\n' -1 "$1" >&2
  exit 64
}

require_file() {
  [[ -r $1 && -s $1 ]] || give_up "$1 is missing, empty or not readable"
}

require_value() {
  [[ -n ${!1:-} ]] || give_up "$1 is not set"
}

require_secret() {
  [[ -z ${!1+set} ]] || give_up "set $1_FILE, not $1"
  require_value "$1_FILE"
  local file="$1_FILE"
  [[ -r ${!file} && $(< "${!file}") == *[![:space:]]* ]] || give_up "${!file} is missing, empty or not readable"
}

for file in nginx.conf listen.conf php-fpm.conf php.ini config.inc.php; do
  require_file "/etc/pma/$file"
done

require_value PMA_HOST
require_secret PMA_BLOWFISH_SECRET

exec "$@"
