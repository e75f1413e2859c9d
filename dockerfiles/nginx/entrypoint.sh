#!/bin/bash
# Runs nginx or, told "sshd", sshd: one image, two containers, so that who logs in cannot read the TLS key.
set -euo pipefail

main() {
  case ${1:-nginx} in
    nginx) serve_web ;;
    sshd) serve_ssh ;;
    *) die "unknown command '$1', use nginx or sshd" ;;
  esac
}

serve_web() {
  local config=/etc/nginx-config
  require_files "$config/nginx.conf" "$config/routes.conf" "$config/redirect.conf" "$config/tls.conf" \
    "$config/index.html" /run/secrets/tls/tls.crt /run/secrets/tls/tls.key
  mkdir -p /tmp/nginx
  describe_cluster_dns > /tmp/nginx/resolver.conf
  local loaded found ended pause status=0
  loaded=$(certificates)
  # Started in the background it would ignore a QUIT until it has read its configuration.
  env --default-signal=QUIT nginx -e stderr -c "$(nginx_config "$config")" &
  nginx=$!
  trap stop_web QUIT TERM INT
  while true; do
    sleep 10 &
    pause=$!
    # Of one that is killed the shell would say so, in a line of its own.
    wait -n -p ended "$nginx" "$pause" 2> /dev/null || status=$?
    if [[ $ended != "$pause" ]]; then
      log error "nginx ended with $status, so the container ends"
      exit "$status"
    fi
    status=0
    found=$(certificates)
    if [[ $found != "$loaded" ]]; then
      loaded=$found
      log info "a certificate has changed, nginx loads it"
      kill -HUP "$nginx"
    fi
  done
}

# Requests at hand have five seconds to end.
# shellcheck disable=SC2329  # The trap calls it.
stop_web() {
  kill -QUIT "$nginx" || true
  (sleep 5 && kill -TERM "$nginx") &
  wait "$nginx" || true
  exit 0
}

# Its own certificate, and the authorities of those that it connects to. One that cannot be used leaves the last in place.
certificates() {
  { cat /run/secrets/tls/* /run/secrets/authorities/*/* 2> /dev/null || true; } | sha256sum
}

# Where the node's kernel has no IPv6, nginx could not start with what is to listen there.
nginx_config() {
  local without=/tmp/nginx/without-ipv6
  if [[ -e /proc/net/if_inet6 ]]; then
    echo "$1/nginx.conf"
    return
  fi
  mkdir -p "$without"
  cp "$1"/*.conf "$without"
  sed -i '/listen \[::\]/d' "$without"/*.conf
  echo "$without/nginx.conf"
}

# nginx does not read resolv.conf, and needs full names. Of a name's addresses it takes those that the pod has a way to.
describe_cluster_dns() {
  local nameserver domain addresses families=''
  nameserver=$(awk '$1 == "nameserver" { print $2; exit }' /etc/resolv.conf)
  domain=$(awk '$1 == "search" { print $2; exit }' /etc/resolv.conf)
  [[ -n $nameserver ]] || die "/etc/resolv.conf names no nameserver"
  [[ $nameserver != *:* ]] || nameserver="[$nameserver]"
  addresses=$(hostname -I)
  [[ $addresses == *:* ]] || families=' ipv6=off'
  [[ $addresses != *:* || $addresses == *.* ]] || families=' ipv4=off'
  echo "resolver $nameserver valid=10s$families;"
  echo "map '' \$namespace_domain { default '$domain'; }"
  echo "map '' \$services_domain { default '${domain#*.}'; }"
}

# What a shell starts in the background ignores INT and QUIT: sessions would inherit that and be deaf to Ctrl-C.
serve_ssh() {
  local config=/etc/ssh-config/sshd_config daemon lines log mistake status=0
  require_files "$config" /run/secrets/ssh/host-key /run/secrets/ssh/authorized-keys
  name_user
  mistake=$(/usr/sbin/sshd -t -f "$config" 2>&1) || die "sshd refuses its configuration: ${mistake//$'\n'/; }"
  exec {log}> >(log_lines)
  lines=$!
  env --default-signal=INT,QUIT /usr/sbin/sshd -D -e -f "$config" 2>&"$log" &
  daemon=$!
  exec {log}>&-
  trap 'kill -TERM "$daemon"; wait "$daemon"; exit' QUIT TERM INT
  # Of one that is killed the shell would say so, in a line of its own.
  wait "$daemon" 2> /dev/null || status=$?
  # sessions outlive their daemon, but not the container
  pkill sshd || true
  wait "$lines"
  log error "sshd ended with $status, so the container ends"
  exit "$status"
}

# A platform may have chosen the user, which is to be the one who logs in.
name_user() {
  [[ $(id -un 2> /dev/null) != ssh ]] || return 0
  mkdir -p /tmp/users
  printf 'ssh:x:%d:10002::/home/ssh:/bin/bash\n' "$EUID" > /tmp/users/passwd
}

# sshd writes neither time nor level.
log_lines() {
  local line level
  while IFS= read -r line; do
    level=info
    [[ $line != @(error|fatal):* ]] || level=error
    TZ=UTC printf '%(%FT%TZ)T %s sshd: %s\n' -1 "$level" "$line"
  done
}

require_files() {
  local file
  for file; do
    [[ -r $file ]] || die "$file is missing or not readable"
  done
}

log() {
  printf '%s %s nginx: %s\n' "$(date -u +%FT%TZ)" "$1" "$2" >&2
}

die() {
  log error "$1"
  exit 64
}

main "$@"
