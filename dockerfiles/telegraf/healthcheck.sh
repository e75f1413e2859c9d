#!/bin/bash
# Asks outputs.health, which answers 200 as long as metrics are written.
set -euo pipefail

exec 3<>/dev/tcp/127.0.0.1/8888
printf 'GET / HTTP/1.0\r\n\r\n' >&3
read -r status <&3
[[ $status == *' 200 '* ]]
