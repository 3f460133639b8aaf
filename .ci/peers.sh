#!/bin/sh
# Installs the third-party judges that tests ask: each Python peer in its own venv under .peers/,
# programs from Debian where apt-get is there. Safe to run again; says what it could not install.
set -u
cd "$(dirname "$0")/.."
status=0
for peer in libasterix stonesoup; do
    if [ ! -f ".peers/$peer/.ready" ]; then
        "${PYTHON:-python3}" -m venv ".peers/$peer" &&
            ".peers/$peer/bin/python" -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r "lock/peer-$peer.txt" &&
            touch ".peers/$peer/.ready" || { echo "peer not installed: $peer"; status=1; }
    fi
done
missing=""
command -v tshark > /dev/null || missing="$missing tshark"
command -v chromium > /dev/null || missing="$missing chromium"
if [ -n "$missing" ]; then
    if command -v apt-get > /dev/null && [ "$(id -u)" = 0 ]; then
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq > /dev/null && apt-get install -y -qq --no-install-recommends $missing > /dev/null ||
            { echo "programs not installed:$missing"; status=1; }
    else
        echo "programs missing, install them by hand:$missing"
        status=1
    fi
fi
exit $status
