#!/bin/sh
# Runs workerd so that it dies with the process that started it, also at kill -9. ATOLL_WORKERD is the real binary.
# stdin belongs to workerd (Miniflare sends its configuration there), so where the kernel has no parent-death signal
# a watcher looks for the parent twice a second.
if [ "$(uname)" = Linux ] && command -v setpriv >/dev/null 2>&1; then
  exec setpriv --pdeathsig KILL "$ATOLL_WORKERD" "$@"
fi
exec 3<&0
"$ATOLL_WORKERD" "$@" <&3 &
child=$!
parent=$PPID
trap 'kill -TERM $child 2>/dev/null' TERM INT HUP
(
  while kill -0 "$parent" 2>/dev/null && kill -0 "$child" 2>/dev/null; do sleep 0.5; done
  kill -KILL "$child" 2>/dev/null
) &
wait $child
