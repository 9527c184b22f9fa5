#!/bin/sh
# The main job on the embedded miniature image. Called by `make demo`; $1 is the ksimage program,
# $2 its Python, $3 an empty folder for the results.
set -eu

ksimage=$1
python=$2
out=$3
here=$(dirname "$0")
base=oci:$here/ks-installer-mini
result=oci-archive:$out/ks-installer-v3.3.2-debug.tar

# Nothing is remembered outside of the demo's folder.
export KSIMAGE_CACHE_DIR="$out/cache"

title() { printf '\n== %s\n' "$*"; }
run() {
    printf '$ ksimage %s\n' "$*"
    "$ksimage" "$@"
}

title "What the patches change in the hook"
printf '$ ksimage diff v3.3.2 --from %s > %s\n' "$base" "$out/hook.diff"
"$ksimage" -q diff v3.3.2 --from "$base" > "$out/hook.diff" 2> "$out/diff.log" || {
    cat "$out/diff.log" >&2
    exit 1
}
head -n 45 "$out/hook.diff"
echo "... ($(wc -l < "$out/hook.diff") lines; the whole is in $out/hook.diff)"

title "The main job: patch, prove, hand out"
echo "(The hook in this example is a miniature of upstream's, and ksimage will say so.)"
run build v3.3.2 --verbose --from "$base" --engine direct --to "$result"

title "The same proofs on the finished image, at any later time"
run verify "$result" --base "$base"

title "The patched hook at work"
"$ksimage" -q render v3.3.2 --verbose=1 --from "$base" -o "$out/context" > "$out/render.log" 2>&1 || {
    cat "$out/render.log" >&2
    exit 1
}
"$python" "$here/mini/hooks/kubesphere/installRunner.py" --config > "$out/config.before"
"$python" "$out/context/installRunner.py" --config > "$out/config.after"
cmp "$out/config.before" "$out/config.after"
echo "installRunner.py --config prints what the base's prints: shell-operator will accept it."

# Playbooks need ansible-runner: in this environment, or else the system's.
runner=
for candidate in "$python" python3 /usr/bin/python3; do
    folder=$(dirname "$(command -v "$candidate" || echo /nowhere/python)")
    if "$candidate" -c 'import ansible_runner' 2> /dev/null &&
        PATH=$folder:$PATH command -v ansible-playbook > /dev/null; then
        runner=$candidate
        break
    fi
done
if [ -z "$runner" ]; then
    echo "No ansible-runner here, so its playbooks are not run. To see them, make demo after:"
    echo "  $(dirname "$python")/pip install ansible-core ansible-runner"
    exit 0
fi
case $runner in
*/*) runner=$(cd "$(dirname "$runner")" && pwd)/$(basename "$runner") ;;
*) runner=$(command -v "$runner") ;;
esac
work=$out/work
mkdir -p "$work/results"
cp -R "$here/mini/playbooks" "$here/mini/cluster.json" "$work"
cp -R "$here/mini/env" "$work/results"
printf '$ KS_INSTALLER_VERBOSITY=0 installRunner.py --debug\n'
hook=$(cd "$out/context" && pwd)/installRunner.py
(cd "$work" && PATH=$(dirname "$runner"):$PATH KS_INSTALLER_VERBOSITY=0 ANSIBLE_NOCOLOR=1 \
    "$runner" "$hook" --debug) > "$out/installation.log" 2>&1 || {
    cat "$out/installation.log"
    exit 1
}
grep '^\[monitoring\]' "$out/installation.log"
echo "... ($(wc -l < "$out/installation.log") lines; the whole is in $out/installation.log)"
grep -q '^\[monitoring\] result: successful' "$out/installation.log"
