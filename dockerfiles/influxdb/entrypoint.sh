#!/bin/bash
# Brings every database and account in line with what is mounted, through a server that only this container can
# reach, and becomes influxd.
set -euo pipefail
shopt -s inherit_errexit
umask 077

readonly config=/etc/influxdb/influxdb.conf
readonly databases=/etc/influxdb/databases
readonly accounts=/etc/influxdb/accounts
readonly credentials=/run/secrets/accounts
readonly volume=/var/lib/influxdb
readonly known_users=$volume/known-users
readonly known_release=$volume/release
readonly private_port=18086
readonly private_log=/tmp/private.log

log() { TZ=UTC printf '%(%FT%TZ)T %s influxdb: %s\n' -1 "$1" "$2" >&2; }
fail() { log error "$1"; exit 64; }

secret() {
  local content
  content=$(cat "$1" 2>/dev/null) || true
  [[ $content ]] || fail "the secret file $1 is missing, empty or unreadable"
  printf '%s' "$content"
}

require_configuration() {
  local item
  for item in "$config" "$databases" "$accounts"; do
    [[ -r $item ]] || fail "the configuration file $item is missing or unreadable"
  done
  for item in INFLUXDB_ADMIN_USERNAME INFLUXDB_ADMIN_PASSWORD; do
    [[ ! -v $item ]] || fail "set ${item}_FILE, not $item"
    item+=_FILE
    [[ ${!item:-} ]] || fail "$item is not set"
  done
  [[ -w $volume ]] || fail "$volume is not writable by user $EUID"
}

# A volume without the file is of the oldest image.
refuse_newer_data() {
  local from
  [[ ! -e $volume/influxd.bolt && ! -e $volume/engine ]] ||
    fail "$volume is of InfluxDB 2 or newer, which keeps its data otherwise: use an empty volume"
  from=$(cat "$known_release" 2>/dev/null || true)
  [[ $(printf '%s\n' "$from" "$release" | sort -V | tail -n 1) == "$release" ]] ||
    fail "$volume is of release $from, newer than this server's $release: run an image of $from or newer, or restore a backup into an empty volume"
}

remember_release() {
  printf '%s\n' "$release" >"$known_release.new"
  mv -T "$known_release.new" "$known_release"
}

quoted() {
  local mark=$1 text=$2 backslash=\\
  text=${text//"$backslash"/"$backslash$backslash"}
  text=${text//"$mark"/"$backslash$mark"}
  printf '%s' "$mark${text//$'\n'/"${backslash}n"}$mark"
}

identifier() { quoted '"' "$1"; }
string() { quoted "'" "$1"; }

# Points are kept in the policy "autogen", means of them in "means".
database_statements() {
  local database retention shard means_retention means_shard _
  while IFS=$'\t' read -r database retention shard means_retention means_shard _; do
    database=$(identifier "$database")
    policy_statement autogen "$database" "$retention" "$shard" DEFAULT
    [[ ! $means_retention ]] || policy_statement means "$database" "$means_retention" "$means_shard"
  done < <(grep . "$databases")
}

policy_statement() {
  printf 'ALTER RETENTION POLICY "%s" ON %s DURATION %s SHARD DURATION %s %s;\n' "$1" "$2" "$3" "$4" "${5:-}"
}

account_statements() {
  local account database privilege user name
  local -A created=()
  user=$(user_name "$INFLUXDB_ADMIN_USERNAME_FILE")
  user_statement "$user" "$INFLUXDB_ADMIN_PASSWORD_FILE"
  printf 'GRANT ALL PRIVILEGES TO %s;\n' "$(identifier "$user")"
  while IFS=$'\t' read -r account database privilege; do
    user=$(user_name "$credentials/$account/username")
    if [[ ! ${created[$account]:-} ]]; then
      created[$account]=yes
      user_statement "$user" "$credentials/$account/password"
    fi
    while read -r name; do
      printf 'GRANT %s ON %s TO %s;\n' "$privilege" "$(identifier "$name")" "$(identifier "$user")"
    done < <(databases_named "$database")
  done < <(grep . "$accounts")
}

user_statement() {
  local user=$1 password
  [[ $user != *:* ]] || fail "the user name beside $2 has a ':', where HTTP Basic ends a name: nobody could log in"
  password=$(secret "$2")
  require_sayable "$password" "$2"
  remember "$user"
  printf 'CREATE USER %s WITH PASSWORD %s;\n' "$(identifier "$user")" "$(string "$password")"
}

# With HTTP Basic the name ends at the first colon, so that nobody could log in.
user_name() {
  local name
  name=$(secret "$1")
  [[ $name != *[:[:cntrl:]]* ]] || fail "clients cannot send the name in $1: it has a colon or a control character"
  printf '%s' "$name"
}

# What would be refused without a name, and with a part of the password.
require_sayable() {
  local LC_ALL=C
  [[ ${#1} -le 72 && $1 != *$'\r'* ]] ||
    fail "InfluxDB does not take the password in $2: it has more than 72 bytes, or a carriage return"
}

databases_named() { if [[ $1 == '*' ]]; then grep . "$databases" | cut -f1; else printf '%s\n' "$1"; fi; }

remember() { grep -qsxFe "$1" "$known_users" || printf '%s\n' "$1" >>"$known_users"; }

# Users and databases are kept in meta/ alone: with an empty data directory this server is up at once however much
# is stored, and what could touch the real data is off.
start_private_server() {
  log info "bringing the databases and accounts in line with $databases and $accounts"
  INFLUXDB_HTTP_BIND_ADDRESS=127.0.0.1:$private_port INFLUXDB_HTTP_AUTH_ENABLED=false \
    INFLUXDB_DATA_DIR=/tmp/private/data INFLUXDB_DATA_WAL_DIR=/tmp/private/wal \
    INFLUXDB_RETENTION_ENABLED=false INFLUXDB_SHARD_PRECREATION_ENABLED=false INFLUXDB_CONTINUOUS_QUERIES_ENABLED=false \
    INFLUXDB_LOGGING_LEVEL=error influxd -config "$config" 2>"$private_log" &
  private_server=$!
  until healthcheck "$private_port" 2>/dev/null; do
    kill -0 "$private_server" 2>/dev/null || fail "influxd does not start: $(tr '\n' ' ' <"$private_log")"
    sleep 0.1
  done
}

stop_private_server() {
  kill "$private_server"
  wait "$private_server"
  rm -rf /tmp/private "$private_log"
}

# On its standard input, as arguments can be seen by others.
execute() { influx -host 127.0.0.1 -port "$private_port" <<<"$1" >/dev/null; }

# A user that is made anew has today's password and privileges, and one that is no longer declared is gone.
drop_users() {
  local user
  while read -r user; do
    execute "DROP USER $(identifier "$user")" 2>/dev/null || true
  done <"$known_users"
}

# A policy that is there cannot be created otherwise: it is brought to what is declared after this.
prepare_means() {
  local database means_retention _
  while IFS=$'\t' read -r database _ _ means_retention _; do
    database=$(identifier "$database")
    execute "CREATE DATABASE $database"
    [[ $means_retention ]] || continue
    execute "CREATE RETENTION POLICY \"means\" ON $database DURATION INF REPLICATION 1" 2>/dev/null || true
  done < <(grep . "$databases")
  drop_queries_of_means
}

# Those of declare-means, which makes them anew as they are declared now, and the one for all of older images.
drop_queries_of_means() {
  local queries
  queries=$(influx -host 127.0.0.1 -port "$private_port" -format json <<<'SHOW CONTINUOUS QUERIES' | jq --raw-output '
    def identifier: "\"" + (gsub("\\\\"; "\\\\") | gsub("\""; "\\\"") | gsub("\n"; "\\n")) + "\"";
    .results[].series[]? | .name as $database | .values[]?[0] | select(. == "means" or startswith("means of "))
    | "DROP CONTINUOUS QUERY \(identifier) ON \($database | identifier);"')
  [[ ! $queries ]] || execute "$queries"
}

# Beside influxd, whose child it becomes.
keep_means() {
  until declare-means 2>&3; do
    log error "declare-means ended with $?, and is started anew" 2>&3
    sleep 1
  done 3>&2 2>/dev/null &
}

require_configuration
release=$(influxd version | grep -oEm1 '[0-9]+\.[0-9]+')
refuse_newer_data
statements=$(database_statements; account_statements)
remember_release
start_private_server
drop_users
prepare_means
execute "$statements"
stop_private_server
keep_means
unset statements INFLUXDB_ADMIN_USERNAME_FILE INFLUXDB_ADMIN_PASSWORD_FILE
exec influxd -config "$config" "$@"
