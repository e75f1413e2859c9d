# Sourced by replication.sh: a server that follows the primary, after it has copied its data.
# shellcheck shell=bash
# shellcheck disable=SC2154 # what entrypoint.sh and replication.sh define

# How often it is said for what a server waits.
readonly remind_seconds=30

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
