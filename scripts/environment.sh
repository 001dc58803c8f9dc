# Read by the other scripts: makes .venv in the checkout, and installs what the system lacks where that is possible.
# PYTHON names another interpreter, VENV another folder.

set -eu
cd "$(dirname "$0")/.."
VENV=${VENV:-.venv}
export PIP_DISABLE_PIP_VERSION_CHECK=1

say() { printf '%s\n' "== $*" >&2; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

# install_system PACKAGE...: Debian and Ubuntu, as root or through sudo; elsewhere it says what to install.
install_system() {
    command -v apt-get >/dev/null || fail "Please install with your system's package manager: $*"
    if [ "$(id -u)" = 0 ]; then root=''
    elif command -v sudo >/dev/null; then root='sudo'
    else fail "Please install as root: apt-get install $*"
    fi
    say "installing $*"
    $root apt-get update -qq </dev/null
    $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null
}

is_suitable() { "$1" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for python in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if is_suitable "$python"; then return; fi
    done
    return 1
}

make_venv() {
    find_python || install_system python3 python3-venv
    find_python || fail "Python 3.11 or later with venv is needed."
    "$VENV/bin/python" -c 'import pip' 2>/dev/null || "$python" -m venv --clear "$VENV"
    "$VENV/bin/python" -m pip install --quiet --upgrade 'pip>=25.1'
}

# OpenCV's wheels need OpenGL and GLib of the system, which small containers lack.
need_opencv_libraries() {
    "$VENV/bin/python" -c 'import cv2' 2>/dev/null || install_system libgl1 libglib2.0-0
    "$VENV/bin/python" -c 'import cv2' || fail "OpenCV still cannot be imported."
}

# need_programs COMMAND=PACKAGE...: installs what is missing, all at once.
need_programs() {
    missing=''
    for pair in "$@"; do
        command -v "${pair%%=*}" >/dev/null || missing="$missing ${pair#*=}"
    done
    # shellcheck disable=SC2086 - one word for each package
    [ -z "$missing" ] || install_system $missing
}

# install_synthmark [PIP ARGUMENT...]
install_synthmark() {
    make_venv
    say "installing synthmark into $VENV"
    "$VENV/bin/python" -m pip install --quiet --editable . "$@"
    need_opencv_libraries
}

# install_integrations: an environment on top of the other, with the programs that generate content.
install_integrations() {
    say "installing what generates content into $VENV/integrations"
    below=$("$VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    "$VENV/integrations/bin/python" -c 'import pip' 2>/dev/null || "$VENV/bin/python" -m venv --clear "$VENV/integrations"
    "$VENV/integrations/bin/python" - "$below" <<'END'
import sys, sysconfig
with open(sysconfig.get_path("purelib") + "/below.pth", "w", encoding="utf-8") as file:
    file.write(f"import site; site.addsitedir({sys.argv[1]!r})\n")
END
    "$VENV/integrations/bin/python" -m pip install --quiet --upgrade 'pip>=25.1'
    "$VENV/integrations/bin/python" -m pip install --quiet --group integrations
}
