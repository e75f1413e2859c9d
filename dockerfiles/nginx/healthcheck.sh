#!/bin/bash
set -euo pipefail

if pgrep -x sshd > /dev/null; then
  exit 0
fi
exec 3<>/dev/tcp/127.0.0.1/8081
printf 'GET /healthz HTTP/1.0\r\n\r\n' >&3
read -r -t 4 status <&3
[[ $status == *' 200 '* ]]
