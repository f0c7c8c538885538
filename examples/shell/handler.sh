#!/bin/sh
# One request on standard input, one answer on standard output: socat calls it for each connection.
read -r method path _
while read -r header && [ "$header" != "$(printf '\r')" ]; do :; done
case "$method" in
  POST) type=application/json body='{"Logs":["ticked"]}' ;;
  *) type=text/plain body='hello from a shell' ;;
esac
printf 'HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %s\r\nConnection: close\r\n\r\n%s' "$type" "${#body}" "$body"
