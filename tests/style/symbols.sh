#!/bin/sh
# symbols.sh LIB: the shared library exports sinew_* only, and calls nothing
# that prints or ends the process.
set -u
failed=0

extra=$(nm -D --defined-only "$1" | awk '$2 != "A" && $3 !~ /^sinew_/')
if [ -n "$extra" ]; then
    printf 'exported:\n%s\n' "$extra"
    failed=1
fi
calls=$(nm -D --undefined-only "$1" | grep -wE \
    '(__)?(abort|_?exit|v?f?printf(_chk)?|f?puts|f?putc|putchar|perror)|'\
'stdout|stderr|__assert_fail|signal|sigaction|setlocale|umask')
if [ -n "$calls" ]; then
    printf 'called:\n%s\n' "$calls"
    failed=1
fi
[ "$(nm -D --defined-only "$1" | grep -c ' sinew_')" -gt 0 ] || failed=1
exit $failed
