#!/bin/sh
# Installs the third-party judges that tests ask: each Python peer in its own venv under .peers/,
# tshark from Debian where apt-get is there. Safe to run again; says what it could not install.
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
if ! command -v tshark > /dev/null; then
    if command -v apt-get > /dev/null && [ "$(id -u)" = 0 ]; then
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq > /dev/null && apt-get install -y -qq --no-install-recommends tshark > /dev/null ||
            { echo "program not installed: tshark"; status=1; }
    else
        echo "program missing, install it by hand: tshark"
        status=1
    fi
fi
exit $status
