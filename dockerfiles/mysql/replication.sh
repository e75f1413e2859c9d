# Sourced by entrypoint.sh: a primary, and replicas that follow it by global transaction ids.
#
# ROLE says at each start who the primary is, and nothing else does: no server replicates unless it is told to here.
#
# An id ends with a number that only grows. Who becomes the primary raises it to the time in nanoseconds, by a transaction
# without effect. So what a former primary wrote and nobody saw has a lower number than anything after it, no number is
# given twice, and the server whose number is the highest knows the latest primary.
# shellcheck shell=bash
# shellcheck disable=SC2154 # what entrypoint.sh defines

readonly port=3306
# Lies in a data directory in which everything that changed has an id; and the position at which that ended.
readonly mark=$data/replicated
readonly left_at=$data/left-replication-at
readonly ask_position='SELECT @@GLOBAL.gtid_binlog_pos'
readonly plain=(--batch --skip-column-names --raw)

# shellcheck source=dockerfiles/mysql/peers.sh
. /usr/local/lib/mysql/peers.sh
# shellcheck source=dockerfiles/mysql/primary.sh
. /usr/local/lib/mysql/primary.sh
# shellcheck source=dockerfiles/mysql/replica.sh
. /usr/local/lib/mysql/replica.sh

# What a server writes alone has no ids: nobody may follow it by those of before, nor it anybody.
leave_replication() {
  [[ -e $mark ]] || return 0
  # once more with the binary log: after a crash it alone says which transactions count
  open_closed "$data" --log-bin=binlog
  closed "$ask_position" >"$left_at"
  close_closed
  sync -f "$left_at"
  rm "$mark"
}

require_role() {
  [[ ${SERVER_NUMBER:-} =~ ^[0-9]+$ ]] || fail "SERVER_NUMBER is '${SERVER_NUMBER:-}'; use a whole number"
  [[ ${PRIMARY_HOST:-} ]] || fail 'PRIMARY_HOST is not set'
  [[ -v PEERS ]] || fail 'PEERS is not set'
  grep -q $'^replication\t' "$accounts" || fail "$accounts has no account 'replication'"
  server_id=--server-id=$((SERVER_NUMBER + 1))
}

copy_anew() { printf "have it copied anew: kubectl delete pvc/data-%s pod/%s" "$HOSTNAME" "$HOSTNAME"; }

# Each server brings its own accounts in line, so that none of this is for the others.
align_accounts() {
  log info "bringing the accounts in line with $accounts"
  mariadb --socket="$closed_socket" <<<"SET sql_log_bin = 0; $statements"
}

option() {
  local text=$1 backslash=\\ quote=\"
  text=${text//"$backslash"/"$backslash$backslash"}
  printf '"%s"' "${text//"$quote"/"$backslash$quote"}"
}

login() { printf '[client]\nuser=%s\npassword=%s\n' "$(option "$1")" "$(option "$2")"; }
own_login() { login root "$(secret "$MYSQL_ROOT_PASSWORD_FILE")"; }
user() { secret "$credentials/replication/username"; }
password() { secret "$credentials/replication/password"; }
peer_login() { login "$(user)" "$(password)"; }

# closed <statements>: what the closed server answers.
closed() { mariadb --defaults-extra-file=<(own_login) --socket="$closed_socket" "${plain[@]}" <<<"$1"; }

# One a line, as --init-file wants them.
follow_statements() {
  cat <<SQL
SET @position = @@GLOBAL.gtid_binlog_pos;
SET GLOBAL gtid_slave_pos = @position;
CHANGE MASTER TO MASTER_HOST = $(text "$1"), MASTER_PORT = $port, MASTER_USER = $(text "$(user)"), MASTER_PASSWORD = $(text "$(password)"), MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1;
SQL
}
