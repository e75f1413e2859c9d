#!/bin/bash
# Makes the accounts from their Secret, finds the address to announce and runs Pure-FTPd with both.
set -euo pipefail

readonly HOMES=/srv/ftp
readonly USERS=/run/secrets/users
readonly TLS=/run/secrets/tls
readonly SERVICE_ACCOUNT=/var/run/secrets/kubernetes.io/serviceaccount
readonly STATE=/tmp/ftpd
# Seconds for transfers to end: a pod has 30.
readonly PATIENCE=25
readonly CIPHERS=ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:\
ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305

main() {
  require_files "$TLS/tls.crt" "$TLS/tls.key"
  require_variables FTPS_PASSIVE_PORTS
  make_accounts
  serve_figures
  if [[ -n ${FTPS_ADDRESS:-} ]]; then
    serve "$FTPS_ADDRESS"
  fi
  require_variables FTPS_SERVICE FTPS_NAMESPACE FTPS_FALLBACK_ADDRESS KUBERNETES_SERVICE_{HOST,PORT}
  require_files "$SERVICE_ACCOUNT/ca.crt" "$SERVICE_ACCOUNT/token"
  serve "$(address_to_start_with)"
}

make_accounts() {
  local password login hash group
  # What a platform gives may be 0, which no account may have. Files belong to the group of this process all the same.
  group=$(id -g)
  ((group > 0)) || group=$EUID
  install --directory --mode 0700 "$STATE"
  for password in "$USERS"/*; do
    [[ -s $password ]] || die "$password is missing or empty: $USERS/<login> holds a password"
    login=${password##*/}
    make_home "$login"
    hash=$(hash_password < "$password") || die "$password is empty or has control characters, which FTP cannot carry"
    printf '%s:%s:%d:%d::%s/./::::::::::::\n' \
      "$login" "$hash" "$EUID" "$group" "$HOMES/$login"
  done > "$STATE/passwd"
  pure-pw mkdb "$STATE/users.pdb" -f "$STATE/passwd"
}

make_home() {
  mkdir -p "$HOMES/$1" 2> /dev/null || true
  [[ -d $HOMES/$1 && -w $HOMES/$1 ]] || die "$HOMES/$1 is no directory that uid $(id -u) can write to"
}

# From its input, so that the password is in no list of processes.
hash_password() {
  perl -e '
    local $/;
    my $password = <STDIN>;
    $password =~ s/\n+\z//;
    exit 1 if $password !~ /\A[^\0-\x1f\x7f]+\z/;
    open my $random, "<", "/dev/urandom" or die;
    read $random, my $salt, 8;
    print crypt $password, "\$6\$" . unpack("H*", $salt);'
}

serve_figures() {
  truncate --size 48 "$STATE/figures"
  # Of one that is killed the shell would say so, in a line of its own.
  until serve-figures "$STATE/figures" "$TLS/tls.crt" 2>&3; do
    log error "serve-figures ended with $?, and is started anew" 2>&3
    sleep 1
  done 3>&2 2> /dev/null &
}

# Never returns. A daemon with another address or a renewed certificate takes the place of the last one, if it can start;
# sessions are processes of their own, and go on.
serve() {
  local address=$1 next loaded found daemon successor ended status
  loaded=$(certificate)
  run_daemon "$address" &
  daemon=$!
  trap 'finish "$daemon"' TERM INT
  while true; do
    look_around "$address" > "$STATE/address" &
    status=0
    wait -n -p ended "$daemon" $! 2> /dev/null || status=$?
    if [[ $ended == "$daemon" ]]; then
      log error "pure-ftpd ended with $status, so the container ends"
      exit "$status"
    fi
    # Empty when it was killed, or found no room.
    next=$(< "$STATE/address")
    found=$(certificate)
    if [[ ${next:=$address} == "$address" && $found == "$loaded" ]]; then
      continue
    fi
    address=$next
    loaded=$found
    run_daemon "$address" &
    successor=$!
    sleep 1
    if kill -0 "$successor" 2> /dev/null; then
      kill "$daemon" 2> /dev/null || true
      wait "$daemon" || true
      daemon=$successor
    else
      log error "no daemon starts with what has changed, the last one goes on"
    fi
  done
}

# Takes no more clients, and lets transfers end in the time that there is.
finish() {
  local seconds=$PATIENCE
  kill "$1" 2> /dev/null || true
  wait "$1" || true
  while transfers && ((seconds-- > 0)); do
    # and one second more, in which the server answers that it has everything
    sleep 1
  done
  exit 0
}

# Whether a data connection is open, or has something left to send.
transfers() {
  local first last
  printf -v first '%04X' "${FTPS_PASSIVE_PORTS%:*}"
  printf -v last '%04X' "${FTPS_PASSIVE_PORTS#*:}"
  cat /proc/net/tcp /proc/net/tcp6 2> /dev/null | awk -v first="$first" -v last="$last" '
    $4 ~ /^0[1489]$/ {
      port = substr($2, length($2) - 3) ""
      if (port >= first "" && port <= last "") found = 1
    }
    END { exit !found }'
}

# By IPv6 there is no address to announce: EPSV has the port alone, and PASV is refused.
run_daemon() {
  local passive=(--passiveportrange "$FTPS_PASSIVE_PORTS")
  [[ $1 == *:* ]] || passive+=(--forcepassiveip "$1")
  log info "announcing $1, passive ports $FTPS_PASSIVE_PORTS"
  LD_PRELOAD=/usr/local/lib/unprivileged.so exec pure-ftpd \
    --bind 2121 "${passive[@]}" \
    --tls 3 --tlsciphersuite "$CIPHERS" --certfile "$TLS/tls.crt,$TLS/tls.key" \
    --login "puredb:$STATE/users.pdb" --noanonymous --chrooteveryone --umask 133:022 \
    --dontresolve --pidfile "$STATE/pure-ftpd.pid"
}

# After a while, the address to announce: the one given, unless the load balancer has another by now.
look_around() {
  sleep 15
  if [[ -n ${FTPS_ADDRESS:-} ]] || ! assigned_address; then
    echo "$1"
  fi
}

certificate() {
  { cat "$TLS"/* 2> /dev/null || true; } | sha256sum
}

address_to_start_with() {
  local patience=${FTPS_ADDRESS_WAIT:-15}
  while ((SECONDS < patience)); do
    if assigned_address; then
      return
    fi
    sleep 1
  done
  log warning "no address is assigned to service $FTPS_NAMESPACE/$FTPS_SERVICE after $patience s," \
    "falling back to $FTPS_FALLBACK_ADDRESS $(< "$STATE/lookup.err")"
  echo "$FTPS_FALLBACK_ADDRESS"
}

# Asks the Kubernetes API for what the load balancer gave to the service; fails while that is nothing.
assigned_address() {
  local api=$KUBERNETES_SERVICE_HOST name
  [[ $api != *:* ]] || api="[$api]"
  name=$(
    curl --silent --show-error --fail --max-time 5 --cacert "$SERVICE_ACCOUNT/ca.crt" \
      --header @<(printf 'Authorization: Bearer %s' "$(< "$SERVICE_ACCOUNT/token")") \
      "https://$api:$KUBERNETES_SERVICE_PORT/api/v1/namespaces/$FTPS_NAMESPACE/services/$FTPS_SERVICE" \
      2> "$STATE/lookup.err" | jq --raw-output --exit-status '.status.loadBalancer.ingress[0] | .ip // .hostname'
  ) || return 1
  { getent ahostsv4 "$name" || getent ahostsv6 "$name"; } | awk 'NR == 1 { print $1 }'
}

require_files() {
  local file
  for file; do
    [[ -r $file ]] || die "$file is missing or not readable"
  done
}

require_variables() {
  local name
  for name; do
    [[ -n ${!name:-} ]] || die "$name is not set"
  done
}

log() { printf '%s %s ftps: %s\n' "$(date -u +%FT%TZ)" "$1" "${*:2}" >&2; }
die() { log error "$@"; exit 64; }

main
