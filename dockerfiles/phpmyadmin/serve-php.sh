#!/bin/bash
# Runs php-fpm and nginx, configured in the folder $1, as one: when either ends, so does the container. A certificate
# that changes is loaded without an interruption; one that cannot be used leaves the last one in place.
set -euo pipefail

readonly TLS=/run/secrets/tls

# Where the node's kernel has no IPv6, nginx could not start with what is to listen there.
nginx_config() {
  local without=/tmp/without-ipv6
  if [[ -e /proc/net/if_inet6 ]]; then
    echo "$1/nginx.conf"
    return
  fi
  mkdir -p "$without"
  cp "$1"/*.conf "$without"
  sed -i '/listen \[::\]/d' "$without"/*.conf
  echo "$without/nginx.conf"
}

# Requests at hand have 15 seconds to end, with php-fpm still there: a pod has 30, and begins with ten in which it drains.
# shellcheck disable=SC2329  # The trap calls it.
stop() {
  kill -QUIT "$nginx" || true
  (sleep 15 && kill -TERM "$nginx") &
  wait "$nginx" || true
  kill -TERM "$fpm" || true
  wait "$fpm" || true
  finish_log
  exit 0
}

# Children of a php-fpm that was killed may hold it open.
finish_log() {
  (sleep 1 && kill "$log") &
  wait "$log" || true
}

certificate() {
  { cat "$TLS"/* 2> /dev/null || true; } | sha256sum
}

say() {
  TZ=UTC printf '%(%FT%TZ)T %s serve-php: %s\n' -1 "$1" "$2" >&2
}

loaded=$(certificate)
exec 3> >(exec log-lines php >&2)
log=$!
php-fpm8.4 --php-ini "$1/php.ini" --fpm-config "$1/php-fpm.conf" 2>&3 3>&- &
fpm=$!
exec 3>&-
# Started in the background it would ignore a QUIT until it has read its configuration.
env --default-signal=QUIT nginx -e stderr -c "$(nginx_config "$1")" &
nginx=$!
trap stop QUIT TERM INT

while true; do
  sleep 10 &
  pause=$!
  # Of one that is killed the shell would say so, in a line of its own.
  wait -n -p ended "$fpm" "$nginx" "$pause" 2> /dev/null || true
  # The log, too, which cannot be waited for here.
  if [[ $ended != "$pause" ]] || ! kill -0 "$log" 2> /dev/null; then
    break
  fi
  found=$(certificate)
  if [[ $found != "$loaded" ]]; then
    loaded=$found
    say info 'the certificate has changed, nginx loads it'
    kill -HUP "$nginx"
  fi
done

case $ended in
  "$nginx") name=nginx ;;
  "$fpm") name=php-fpm ;;
  *) name='log-lines' ;;
esac
say error "$name ended, so the container ends"
kill -TERM "$fpm" "$nginx" 2> /dev/null || true
wait "$fpm" "$nginx" || true
finish_log
exit 1
