#!/bin/sh
# Started as root, gives everything below /app (volumes are often root's) to the user of the server and becomes that user.
# Started as another user, just runs the command.
set -eu
if [ "${DOCKER_DEBUG:-}" = true ]; then
  set -x
fi
if [ "$(id -u)" = 0 ]; then
  # A volume that is mounted read-only stays as it is.
  find /app ! -user shoal -exec chown -h shoal:shoal {} + || true
  exec setpriv --reuid=shoal --regid=shoal --init-groups -- "$@"
fi
exec "$@"
