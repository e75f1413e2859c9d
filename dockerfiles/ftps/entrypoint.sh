#!/bin/bash
# Makes the accounts from their Secret, finds the address to announce and runs Pure-FTPd with both.
set -euo pipefail

readonly HOMES=/srv/ftp
readonly USERS=/run/secrets/users
readonly TLS=/run/secrets/tls
readonly SERVICE_ACCOUNT=/var/run/secrets/kubernetes.io/serviceaccount
readonly STATE=/tmp/ftpd

main() {
  require_files "$TLS/tls.crt" "$TLS/tls.key"
  require_variables FTPS_PASSIVE_PORTS
  make_accounts
  if [[ -n ${FTPS_ADDRESS:-} ]]; then
    run_daemon "$FTPS_ADDRESS"
  fi
  require_variables FTPS_SERVICE FTPS_NAMESPACE FTPS_FALLBACK_ADDRESS KUBERNETES_SERVICE_{HOST,PORT}
  require_files "$SERVICE_ACCOUNT/ca.crt" "$SERVICE_ACCOUNT/token"
  follow_assigned_address
}

make_accounts() {
  local password login
  install --directory --mode 0700 "$STATE"
  for password in "$USERS"/*; do
    [[ -s $password ]] || die "$password is missing or empty: $USERS/<login> holds a password"
    login=${password##*/}
    make_home "$login"
    printf '%s:%s:%d:%d::%s/./::::::::::::\n' \
      "$login" "$(hash_password < "$password")" "$(id -u)" "$(id -g)" "$HOMES/$login"
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
    open my $random, "<", "/dev/urandom" or die;
    read $random, my $salt, 8;
    print crypt $password, "\$6\$" . unpack("H*", $salt);'
}

# Never returns: the daemon takes the place of the shell.
run_daemon() {
  log info "announcing $1, passive ports $FTPS_PASSIVE_PORTS"
  LD_PRELOAD=/usr/local/lib/unprivileged.so exec pure-ftpd \
    --bind 2121 --forcepassiveip "$1" --passiveportrange "$FTPS_PASSIVE_PORTS" \
    --tls 3 --certfile "$TLS/tls.crt,$TLS/tls.key" \
    --login "puredb:$STATE/users.pdb" --noanonymous --chrooteveryone --umask 133:022 \
    --dontresolve --pidfile "$STATE/pure-ftpd.pid"
}

# Sessions are processes of their own, and outlive a daemon that is replaced.
follow_assigned_address() {
  local address daemon watcher ended status
  address=$(address_to_start_with)
  while true; do
    run_daemon "$address" &
    daemon=$!
    await_address_other_than "$address" > "$STATE/address" &
    watcher=$!
    trap 'kill "$daemon" "$watcher" 2> /dev/null; wait; exit 0' TERM INT
    status=0
    wait -n -p ended "$daemon" "$watcher" || status=$?
    [[ $ended == "$watcher" ]] || exit "$status"
    address=$(< "$STATE/address")
    kill "$daemon"
    wait "$daemon" || true
  done
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

await_address_other_than() {
  local address
  until address=$(assigned_address) && [[ $address != "$1" ]]; do
    sleep 15
  done
  echo "$address"
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
  getent ahostsv4 "$name" | awk 'NR == 1 { print $1 }'
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
