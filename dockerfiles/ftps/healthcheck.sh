#!/bin/bash
# A banner is 220, or 421 when as many sessions as there may be are open: busy is healthy too.
set -euo pipefail

exec 3<>/dev/tcp/127.0.0.1/2121
read -r -t 4 banner <&3
[[ $banner == 220* || $banner == 421* ]]
