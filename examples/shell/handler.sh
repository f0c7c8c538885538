# The Functions host starts this script; socat starts it again, with "answer", for each connection.
if [ "$1" != answer ]; then
    exec socat "TCP-LISTEN:$FUNCTIONS_CUSTOMHANDLER_PORT,bind=127.0.0.1,fork,reuseaddr" "EXEC:/bin/sh handler.sh answer"
fi
read -r method path _
while read -r line && [ "${line%?}" ]; do :; done # headers end with an empty line
if [ "$method" = POST ]; then
    # A body in chunks ends with the size 0 and an empty line.
    while read -r size && [ "${size%?}" != 0 ]; do head -c "$((0x${size%?} + 2))" > /dev/null; done
    read -r _
    echo "the timer runs" >&2
    kind=application/json text='{}'
else
    kind=text/plain text="Hello from a shell, $path
"
fi
printf 'HTTP/1.1 200 OK\r\ncontent-type: %s\r\ncontent-length: %s\r\nconnection: close\r\n\r\n%s' "$kind" "${#text}" "$text"
