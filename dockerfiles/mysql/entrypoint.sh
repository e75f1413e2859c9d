#!/bin/bash
# Makes the data directory if there is none, brings every account in line with what is mounted while the server
# is closed to everyone, and becomes mysqld: a server alone, or with ROLE one of several (replication.sh).
set -euo pipefail
shopt -s inherit_errexit
umask 077

readonly config=/etc/mysql/my.cnf
readonly accounts=/etc/mysql/accounts
readonly credentials=/run/secrets/accounts
readonly volume=/var/lib/mysql
readonly data=$volume/data
readonly known_users=$volume/known-users
readonly program=(/usr/sbin/mysqld --defaults-file="$config")
readonly mysqld=("${program[@]}" --datadir="$data")
readonly closed_socket=/run/mysqld/closed.sock

log() { TZ=UTC printf '%(%FT%TZ)T %s mysql: %s\n' -1 "$1" "$2" >&2; }
fail() { log error "$1"; exit 64; }

secret() {
  local content
  content=$(cat "$1" 2>/dev/null) || true
  [[ $content ]] || fail "the secret file $1 is missing, empty or unreadable"
  printf '%s' "$content"
}

require_configuration() {
  local file
  for file in "$config" "$accounts"; do
    [[ -r $file ]] || fail "the configuration file $file is missing or unreadable"
  done
  [[ ! -v MYSQL_ROOT_PASSWORD ]] || fail "set MYSQL_ROOT_PASSWORD_FILE, not MYSQL_ROOT_PASSWORD"
  [[ ${MYSQL_ROOT_PASSWORD_FILE:-} ]] || fail "MYSQL_ROOT_PASSWORD_FILE is not set"
  [[ -w $volume ]] || fail "$volume is not writable by user $EUID"
}

# The health check logs in by the socket, for which the user needs this name: a platform may have chosen another user.
name_user() {
  [[ $(id -un 2>/dev/null) != mysql ]] || return 0
  mkdir -p /tmp/users
  printf 'mysql:x:%d:10001::%s:/usr/sbin/nologin\n' "$EUID" "$volume" >/tmp/users/passwd
}

# The directory gets its name in one step when it is complete, so a start that was killed leaves nothing half made.
create_data() {
  [[ ! -d $volume/mysql ]] || fail "$volume holds data that this image did not make: move it to $data to adopt it"
  log info "creating the data directory"
  install_data
  adopt_data
}

install_data() {
  rm -rf "$data.new"
  mariadb-install-db --defaults-file="$config" --datadir="$data.new" --skip-test-db \
    --auth-root-authentication-method=normal >/dev/null
}

adopt_data() {
  sync -f "$data.new"
  mv -T "$data.new" "$data"
}

release() { grep -oEm1 '[0-9]+\.[0-9]+' || true; }
release_of_data() { { sort -Vr "$data"/m*_upgrade_info 2>/dev/null || true; } | release; }
release_of_server() { "${program[0]}" --version | release; }

# An older server would start, and write what the newer one cannot read any more.
refuse_newer_data() {
  local from to
  from=$(release_of_data)
  to=$(release_of_server)
  [[ $(printf '%s\n' "$from" "$to" | sort -V | tail -n 1) == "$to" ]] ||
    fail "$data is of release $from, newer than this server's $to: run an image of $from or newer, or restore a backup into an empty volume"
}

upgrade_data() {
  local from to
  from=$(release_of_data)
  to=$(release_of_server)
  [[ $from != "$to" ]] || return 0
  log info "upgrading the data directory from ${from:-an unknown release} to $to"
  open_closed "$data"
  mariadb-upgrade --silent --socket="$closed_socket" >/dev/null
  close_closed
}

# open_closed <data directory> <options…>: a server that only this script reaches, and without a password.
open_closed() {
  local directory=$1
  shift
  "${program[@]}" --datadir="$directory" --skip-networking --skip-grant-tables --socket="$closed_socket" "$@" &
  closed_server=$!
  until mariadb --socket="$closed_socket" --execute='DO 1' 2>/dev/null; do
    kill -0 "$closed_server" 2>/dev/null || exit 1
    sleep 0.2
  done
}

close_closed() {
  kill "$closed_server"
  wait "$closed_server"
}

text() {
  local text=$1 backslash=\\ quote=\'
  text=${text//"$backslash"/"$backslash$backslash"}
  text=${text//"$quote"/"$quote$quote"}
  printf "'%s'" "${text//$'\n'/"${backslash}n"}"
}

identifier() { printf "\`%s\`" "${1//\`/\`\`}"; }

# In GRANT the name of a database is a pattern. Declared ones are names, but for those that end in %: they are not made.
literal_pattern() { printf '%s' "${1//[_%]/\\&}"; }

root_statements() {
  local password
  password=$(secret "$MYSQL_ROOT_PASSWORD_FILE")
  cat <<SQL
SET sql_mode = '';
DELETE FROM mysql.global_priv WHERE User = '' OR (User = 'root' AND Host <> 'localhost');
DELETE FROM mysql.proxies_priv WHERE Host <> 'localhost';
FLUSH PRIVILEGES;
ALTER USER root@localhost IDENTIFIED BY $(text "$password");
CREATE OR REPLACE USER mysql@localhost IDENTIFIED VIA unix_socket;
SQL
  [[ ! ${ROLE:-} ]] || printf 'GRANT SLAVE MONITOR ON *.* TO mysql@localhost;\n'
}

account_statements() {
  local account database privileges user password grantee scope
  local -A declared=()
  while IFS=$'\t' read -r account database privileges; do
    user=$(secret "$credentials/$account/username")
    [[ $user != root ]] || fail "the account $account may not be named root"
    grantee="$(text "$user")@'%'"
    if [[ ! ${declared[$user]:-} ]]; then
      declared[$user]=yes
      remember "$user"
      password=$(secret "$credentials/$account/password")
      printf 'CREATE OR REPLACE USER %s IDENTIFIED BY %s;\n' "$grantee" "$(text "$password")"
    fi
    scope='*'
    if [[ $database == *% ]]; then
      scope=$(identifier "$(literal_pattern "${database%\%}")%")
    elif [[ $database != '*' ]]; then
      printf 'CREATE DATABASE IF NOT EXISTS %s CHARACTER SET utf8mb4;\n' "$(identifier "$database")"
      scope=$(identifier "$(literal_pattern "$database")")
    fi
    printf 'GRANT %s ON %s.* TO %s;\n' "$privileges" "$scope" "$grantee"
  done < <(grep . "$accounts")
  drop_undeclared
}

remember() { grep -qsxFe "$1" "$known_users" || printf '%s\n' "$1" >>"$known_users"; }

# An account that is no longer declared loses its access; its databases stay.
drop_undeclared() {
  local user
  [[ -e $known_users ]] || return 0
  while read -r user; do
    [[ ${declared[$user]:-} ]] || printf "DROP USER IF EXISTS %s@'%%';\n" "$(text "$user")"
  done <"$known_users"
}

# Unlike --init-file, --bootstrap stops at the first statement that fails.
execute() { "${mysqld[@]}" --bootstrap <<<"$1" 2>&1 | sed --unbuffered '/\[Note\]/d' >&2; }

require_configuration
name_user
refuse_newer_data
statements=$(root_statements; account_statements)
# shellcheck source=dockerfiles/mysql/replication.sh
. /usr/local/lib/mysql/replication.sh
case ${ROLE:-alone} in
  alone)
    leave_replication
    [[ -d $data ]] || create_data
    upgrade_data
    log info "bringing the accounts in line with $accounts"
    execute "$statements"
    ;;
  primary | replica) "start_$ROLE" "$@" ;;
  *) fail "ROLE is '$ROLE'; use primary or replica, or leave it out" ;;
esac
exec "${mysqld[@]}" "$@"
