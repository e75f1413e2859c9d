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
  require_files "$config/nginx.conf" "$config/routes.conf" "$config/redirect.conf" "$config/index.html" \
    /run/secrets/tls/tls.crt /run/secrets/tls/tls.key
  mkdir -p /tmp/nginx
  describe_cluster_dns > /tmp/nginx/resolver.conf
  exec nginx -c "$config/nginx.conf"
}

# nginx does not read resolv.conf, and needs full names.
describe_cluster_dns() {
  local nameserver domain
  nameserver=$(awk '$1 == "nameserver" { print $2; exit }' /etc/resolv.conf)
  domain=$(awk '$1 == "search" { print $2; exit }' /etc/resolv.conf)
  [[ -n $nameserver ]] || die "/etc/resolv.conf names no nameserver"
  [[ $nameserver != *:* ]] || nameserver="[$nameserver]"
  echo "resolver $nameserver valid=10s ipv6=off;"
  echo "map '' \$namespace_domain { default '$domain'; }"
  echo "map '' \$services_domain { default '${domain#*.}'; }"
}

# sshd counts only SIGTERM as a clean end, and the image stops with nginx's SIGQUIT. What a shell starts in the
# background ignores INT and QUIT: sessions would inherit that and be deaf to Ctrl-C.
serve_ssh() {
  local config=/etc/ssh-config/sshd_config daemon
  require_files "$config" /run/secrets/ssh/host-key /run/secrets/ssh/authorized-keys
  /usr/sbin/sshd -t -f "$config" || die "sshd refuses its configuration"
  env --default-signal=INT,QUIT /usr/sbin/sshd -D -e -f "$config" &
  daemon=$!
  trap 'kill -TERM "$daemon"; wait "$daemon"; exit' QUIT TERM INT
  wait "$daemon"
}

require_files() {
  local file
  for file; do
    [[ -r $file ]] || die "$file is missing or not readable"
  done
}

die() {
  printf '%s error nginx: %s\n' "$(date -u +%FT%TZ)" "$1" >&2
  exit 64
}

main "$@"
