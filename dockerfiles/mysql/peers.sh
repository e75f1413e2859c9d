# Sourced by replication.sh: what the other servers answer, and who of them is further.
# shellcheck shell=bash
# shellcheck disable=SC2154 # what entrypoint.sh and replication.sh define

# How many seconds a server is waited for that is there and does not serve yet: the others restart with a new primary.
readonly starting_wait=60
# An error that a server sent; those of 2000 and above are the client's own.
readonly of_server='ERROR 1[0-9]{3} '
declare -A answers=()

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
