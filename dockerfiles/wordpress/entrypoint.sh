#!/bin/bash
# Checks that the site's settings are there, then runs the command: serve-php or wordpress-setup.
set -euo pipefail
# The jobs of backups share the volume, and have its group at least, whoever they are.
umask 002

give_up() {
  TZ=UTC printf '%(%FT%TZ)T error wordpress: %s\n' -1 "$1" >&2
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

for file in nginx.conf listen.conf php-fpm.conf php.ini wp-config.php site.json; do
  require_file "/etc/wordpress/$file"
done

require_value WORDPRESS_DB_HOST
require_value WORDPRESS_DB_NAME
require_secret WORDPRESS_DB_USER
require_secret WORDPRESS_DB_PASSWORD
require_secret WORDPRESS_SECRET_KEY

exec "$@"
