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
# How many seconds a primary that restarts waits for the others; and one that takes over, whose others restart with it,
# for those that are silent, and for those that are there and do not serve yet.
readonly restart_wait=10 silent_wait=30 starting_wait=60
# How often it is said for what a server waits.
readonly remind_seconds=30
# An error that a server sent; those of 2000 and above are the client's own.
readonly of_server='ERROR 1[0-9]{3} '
readonly ask_position='SELECT @@GLOBAL.gtid_binlog_pos'

declare -A answers=()

start_primary() {
  require_role
  if [[ ! -d $data ]]; then
    refuse_empty_primary
    create_data
  fi
  upgrade_data
  open_closed "$data" "$server_id"
  align_accounts
  take_over
  close_closed
  exec "${mysqld[@]}" "$server_id" --skip-read-only "$@"
}

start_replica() {
  local follow='DO 0;'
  require_role
  [[ -d $data ]] || copy_data
  upgrade_data
  open_closed "$data" "$server_id"
  align_accounts
  close_closed
  if [[ -e $mark ]]; then
    follow=$(follow_statements "$PRIMARY_HOST"; printf 'START SLAVE;')
  else
    log error "this data was changed without replication, so that it cannot follow $PRIMARY_HOST: let this server be the primary, or $(copy_anew)"
  fi
  # the statements have a password, and are no file
  exec "${mysqld[@]}" "$server_id" --read-only --event-scheduler=OFF --init-file=/dev/fd/3 "$@" 3<<<"$follow"
}

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

# Asking others.

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

readonly plain=(--batch --skip-column-names --raw)

# closed <statements>: what the closed server answers.
closed() { mariadb --defaults-extra-file=<(own_login) --socket="$closed_socket" "${plain[@]}" <<<"$1"; }

# ask <server> <statements>: its answer, or why there is none, in `reply`.
ask() {
  reply=$(timeout 5 mariadb --defaults-extra-file=<(peer_login) --host="$1" --port="$port" --protocol=tcp \
    --connect-timeout=3 "${plain[@]}" <<<"$2" 2>&1)
}

# Nothing listens there yet, though somebody is there.
refuses() { [[ $(timeout 2 bash -c "exec 3<>/dev/tcp/$1/$port" 2>&1) == *refused* ]]; }

# ask_others <seconds> <seconds for one that starts> <statements>: what they answer, in `answers` by their names.
ask_others() {
  local silent_limit=$1 starting_limit=$2 statements=$3 since=$SECONDS peer limit silent reasons
  answers=()
  while :; do
    silent=() reasons='' limit=$silent_limit
    for peer in $PEERS; do
      [[ ! -v answers[$peer] ]] || continue
      if ask "$peer" "$statements"; then
        answers[$peer]=$reply
        continue
      fi
      silent+=("$peer")
      reasons+="${reasons:+; }$peer: ${reply:-it does not answer}"
      # one that knows another password yet restarts for that as well
      if [[ $reply =~ $of_server ]]; then
        limit=$starting_wait
      elif ((limit < starting_limit)) && refuses "$peer"; then
        limit=$starting_limit
      fi
    done
    [[ ${#silent[@]} -gt 0 ]] || return 0
    ((SECONDS - since < limit)) || break
    sleep 0.5
  done
  if [[ $reasons =~ $of_server ]]; then
    log error "a server is there and does not obey: $reasons"
    exit 1
  fi
  log warning "going on without ${silent[*]} after $((SECONDS - since)) s: $reasons"
}

# The number at the end of a position: 0 of a server where nothing has an id, -1 where there is no server.
number_of() {
  case $1 in
    none) printf '%s' -1 ;;
    *) printf '%s' "$((10#0${1##*-}))" ;;
  esac
}

# The number of the server that wrote last, who was the primary then.
writer_of() { local server_id; server_id=$(cut -d - -f 2 <<<"$1"); printf '%s' "$((10#0$server_id - 1))"; }

# The peer whose number is the highest, if that is above the one of a position.
ahead_of() {
  local peer highest ahead=''
  highest=$(number_of "$1")
  for peer in "${!answers[@]}"; do
    if (($(number_of "${answers[$peer]}") > highest)); then
      highest=$(number_of "${answers[$peer]}")
      ahead=$peer
    fi
  done
  printf '%s' "$ahead"
}

# The number of the server that is better made the primary: the latest one, or the one that has the most.
better_than_this() {
  local writer
  writer=$(writer_of "$2")
  [[ $writer != "$SERVER_NUMBER" ]] || writer=${1##*-}
  printf '%s' "$writer"
}

# Being the primary.

refuse_empty_primary() {
  local holder
  ask_others "$restart_wait" "$restart_wait" "$ask_position"
  holder=$(ahead_of none)
  [[ ! $holder ]] ||
    fail "this server is to be the primary and its volume is empty, but $holder holds data: set 'primary' to ${holder##*-}"
}

take_over() {
  local own
  own=$(closed "$ask_position")
  if [[ ! -e $mark ]]; then
    [[ ! -e $left_at ]] || own=$(<"$left_at")
    ask_others "$restart_wait" "$restart_wait" "$ask_position"
    refuse_if_behind "$own"
    closed 'RESET MASTER; SET GLOBAL gtid_slave_pos = ""'
  elif [[ $(writer_of "$own") == "$SERVER_NUMBER" ]]; then
    ask_others "$restart_wait" "$restart_wait" "$ask_position"
    refuse_if_behind "$own"
    return
  else
    promote "$own"
    own=$(closed "$ask_position")
  fi
  begin_reign "$own"
}

# Who was the primary last has everything, or another was it since: then this start may be one that nobody wants any more.
refuse_if_behind() {
  local ahead
  ahead=$(ahead_of "$1")
  [[ ! $ahead ]] ||
    fail "this server is to be the primary, but $ahead is further (${answers[$ahead]}, here ${1:-nothing}): set 'primary' to $(better_than_this "$ahead" "${answers[$ahead]}"), and to $SERVER_NUMBER again once this server follows it; if that is set already: kubectl delete pod/$HOSTNAME"
}

# Nobody takes writes any more, wherever they came from until now; then everything that any of them has is fetched.
promote() {
  local ahead
  log info "becoming the primary from $1 on"
  ask_others "$silent_wait" "$starting_wait" "SET lock_wait_timeout = 3; SET GLOBAL read_only = ON; $ask_position"
  ahead=$(ahead_of "$1")
  [[ ! $ahead ]] || catch_up "$ahead" "${answers[$ahead]}"
}

catch_up() {
  local peer=$1 position=$2 trouble waited=0
  log info "catching up with $peer, which is at $position"
  closed "$(follow_statements "$peer"); START SLAVE UNTIL master_gtid_pos = '$position'"
  until [[ $(closed "SELECT MASTER_GTID_WAIT('$position', 1)") == 0 ]]; do
    waited=$((waited + 1))
    trouble=$(closed "SELECT CONCAT(Last_IO_Error, Last_SQL_Error) FROM information_schema.slave_status
      WHERE Slave_SQL_Running = 'No' OR Slave_IO_Running = 'No' OR (Slave_IO_Running = 'Connecting' AND $waited > $silent_wait)")
    [[ ! $trouble ]] ||
      fail "this server is to be the primary, but cannot catch up with $peer ($trouble): set 'primary' to $(better_than_this "$peer" "$position"), and $(copy_anew)"
  done
  closed 'STOP SLAVE; RESET SLAVE ALL'
}

begin_reign() {
  local now last
  now=$(date +%s%N)
  last=$(number_of "$1")
  closed "SET gtid_seq_no = $((now > last ? now : last + 1)); DROP TABLE IF EXISTS \`primary\`.\`server $SERVER_NUMBER\`"
  touch "$mark"
  sync -f "$mark"
  log info "the primary from $(closed "$ask_position") on"
}

# Being a replica.

# One a line, as --init-file wants them.
follow_statements() {
  cat <<SQL
SET @position = @@GLOBAL.gtid_binlog_pos;
SET GLOBAL gtid_slave_pos = @position;
CHANGE MASTER TO MASTER_HOST = $(text "$1"), MASTER_PORT = $port, MASTER_USER = $(text "$(user)"), MASTER_PASSWORD = $(text "$(password)"), MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1;
SQL
}

copy_data() {
  wait_for_primary
  log info "copying the data of $PRIMARY_HOST"
  install_data
  open_closed "$data.new" "$server_id"
  align_accounts
  if ! { printf 'SET sql_log_bin = 0;\n'; dump; } | closed_load; then
    log error "the copy from $PRIMARY_HOST failed; it is started anew"
    exit 1
  fi
  # by way of a variable: a global one that is set from another one waits for itself
  closed 'SET @position = @@GLOBAL.gtid_slave_pos; SET GLOBAL gtid_binlog_state = @position'
  log info "copied the data of $PRIMARY_HOST as of $(closed "$ask_position")"
  close_closed
  touch "$data.new/${mark##*/}"
  adopt_data
}

wait_for_primary() {
  local reminded=$((SECONDS - remind_seconds))
  until ask "$PRIMARY_HOST" 'SELECT @@GLOBAL.read_only' && [[ $reply == 0 ]]; do
    if ((SECONDS - reminded >= remind_seconds)); then
      log info "waiting for $PRIMARY_HOST, whose data is to be copied: ${reply/#1/it takes no writes yet}"
      reminded=$SECONDS
    fi
    sleep 1
  done
}

declared() { awk -F '\t' '$1 == "replication" && $2 != "*" { print $2 }' "$accounts"; }

# Of one moment, and with the position of that moment.
dump() {
  local databases
  mapfile -t databases < <(declared)
  if [[ ${#databases[@]} -eq 0 ]]; then
    ask "$PRIMARY_HOST" "$ask_position" && printf "SET GLOBAL gtid_slave_pos = '%s';\n" "$reply"
    return
  fi
  mariadb-dump --defaults-extra-file=<(peer_login) --host="$PRIMARY_HOST" --port="$port" --protocol=tcp \
    --single-transaction --master-data --gtid --quick --hex-blob --routines --events --triggers --databases "${databases[@]}"
}

closed_load() { mariadb --defaults-extra-file=<(own_login) --socket="$closed_socket" --binary-mode; }
