# Sourced by replication.sh: a server that takes the writes, from when nobody else does.
# shellcheck shell=bash
# shellcheck disable=SC2154 # what entrypoint.sh and replication.sh define

# How many seconds a primary that restarts waits for the others, and one that takes over for those that are silent.
readonly restart_wait=10 silent_wait=30

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
  local ahead better
  ahead=$(ahead_of "$1")
  [[ $ahead ]] || return 0
  better=$(better_than_this "$ahead" "${answers[$ahead]}")
  log error "$ahead is at ${answers[$ahead]}, this server at ${1:-nothing}"
  log error "in case 'primary' is $better already, this start is outdated: kubectl delete pod/$HOSTNAME"
  # the last line, which is what is shown of a failed start
  fail "this server is to be the primary, but $ahead is further: set 'primary' to $better, and to $SERVER_NUMBER again once this server follows"
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
