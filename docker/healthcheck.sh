#!/bin/sh
# Healthy means that the server answers its health request with the token it was started with. The token goes over standard
# input, because arguments can be read by other users.
set -eu
port=${FJ_PORT:-${JF_PORT:-8080}}
token=${FJ_SERVER_API_TOKEN:-${JF_SERVER_API_TOKEN:-}}
scheme=http
if [ -n "${FJ_SSL_CERT_PATH:-${JF_SSL_CERT_PATH:-}}" ]; then
  # The certificate is for the outside name, not for localhost.
  scheme=https
fi
printf 'authorization: Bearer %s\n' "$token" |
  curl --fail --silent --show-error --insecure --max-time 4 --output /dev/null --header @- "$scheme://localhost:$port/health"
