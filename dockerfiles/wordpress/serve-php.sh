#!/bin/bash
# Runs php-fpm and nginx, configured in the folder $1, as one: when either ends, so does the container.
set -euo pipefail

# nginx finishes the requests at hand, for as long as its worker_shutdown_timeout, with php-fpm still there.
# shellcheck disable=SC2329  # The trap calls it.
stop() {
  kill -QUIT "$nginx" || true
  wait "$nginx" || true
  kill -TERM "$fpm" || true
  wait "$fpm" || true
  exit 0
}

php-fpm8.4 --php-ini "$1/php.ini" --fpm-config "$1/php-fpm.conf" &
fpm=$!
nginx -e stderr -c "$1/nginx.conf" &
nginx=$!
trap stop QUIT TERM INT

wait -n -p ended || true
[[ $ended == "$nginx" ]] && name=nginx || name=php-fpm
TZ=UTC printf '%(%FT%TZ)T error serve-php: %s ended, so the container ends\n' -1 "$name" >&2
kill -TERM "$fpm" "$nginx" 2>/dev/null || true
wait || true
exit 1
