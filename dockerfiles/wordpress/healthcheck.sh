#!/bin/bash
# Asks nginx on port $1, and php-fpm through it, for a sign of life.
set -euo pipefail

exec 3<>"/dev/tcp/127.0.0.1/$1"
printf 'GET /fpm-ping HTTP/1.0\r\n\r\n' >&3
read -r -t 4 _ status _ <&3
[[ $status == 200 ]]
