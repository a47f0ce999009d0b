#!/usr/bin/env bash
# Tests and measures the backend CUDA on this machine's first GPU. Needs an NVIDIA driver, and nothing else.
#
#   ./run.sh [--quick] [--driver FILE] [--out FOLDER]
#
#   --quick        a few tests and tiny benchmarks, to see that everything runs
#   --driver FILE  a driver's library other than the system's; also the variable YOLOLOSS_CUDA_DRIVER
#   --out FOLDER   for the results: at most eight files (default: results)
#
# Exit status 0 if every step that could be run has passed; steps.json says which.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
quick=
driver=${YOLOLOSS_CUDA_DRIVER:-}
out=results
while [ $# -gt 0 ]; do
  case $1 in
    --quick) quick=yes; shift ;;
    --driver) driver=${2:?--driver needs a file}; shift 2 ;;
    --out) out=${2:?--out needs a folder}; shift 2 ;;
    *) sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
done
mkdir -p "$out" && out=$(cd "$out" && pwd) || exit 2
rm -f "$out"/{machine,suites,device,calls,sanitizer,peers,steps}.json "$out/log.txt"

tests=$here/tests/engine:$here/tests/trainer
java=("$here/runtime/bin/java" --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow)
if [ -n "$driver" ]; then
  java+=("-Dyololoss.cuda.driver=$driver")
else
  java+=(-Dyololoss.gpu=true)
fi
java+=(-cp "$here/lib/*:$tests")

steps=()
failed=0
note() { # name outcome
  steps+=("\"$1\": \"$2\"")
  echo "== $1: $2" | tee -a "$out/log.txt"
}
step() { # name command...
  local name=$1
  shift
  echo "== $name" | tee -a "$out/log.txt"
  if "$@" 2>&1 | tee -a "$out/log.txt"; then
    note "$name" passed
  else
    note "$name" failed
    failed=1
    return 1
  fi
}
finish() {
  (IFS=,; echo "{${steps[*]}}") >"$out/steps.json"
  exit "$failed"
}

step machine "${java[@]}" dev.yololoss.bundle.ExamineMachine "$out/machine.json" || finish

# The seeded random suites take -Dcases. Tests that need the switches of an emulated device skip themselves on a real one.
suites=(dev.yololoss.bundle.RunSuites --tests "$here/tests/engine" --tests "$here/tests/trainer")
few=(-Dcases=20)
if [ -n "$quick" ]; then
  step suites "${java[@]}" "${few[@]}" "${suites[@]}" --classes '.*\.Cuda(GoldenCases|Parity|Operations|Repeat)Test' --out "$out/suites.json"
  step device "${java[@]}" dev.yololoss.benchmarks.cuda.MeasureDevice --tiny --repeats 10 --out "$out/device.json"
  step calls "${java[@]}" dev.yololoss.benchmarks.cuda.RunCudaBenchmarks --tiny --out "$out/calls.json"
else
  step suites "${java[@]}" -Dcases=5000 "${suites[@]}" --classes '.*\.(Cuda|DriverBindings)[^.]*Test' --out "$out/suites.json"
  step device "${java[@]}" dev.yololoss.benchmarks.cuda.MeasureDevice --out "$out/device.json"
  step calls "${java[@]}" dev.yololoss.benchmarks.cuda.RunCudaBenchmarks --out "$out/calls.json"
fi

if python3 -c 'import torch, sys; sys.exit(0 if torch.cuda.is_available() else 1)' 2>/dev/null; then
  step peers python3 "$here/peers/torch_losses.py" --golden "$here/tests/trainer/golden" --out "$out/peers.json"
else
  note peers "left out: there is no python3 with torch that sees a GPU"
fi

sanitizer=$(PATH=$PATH:/usr/local/cuda/bin type -P compute-sanitizer || true)
if [ -n "$sanitizer" ]; then
  tools=()
  for tool in memcheck racecheck initcheck synccheck; do
    outcome=failed
    options=(--tool "$tool" --error-exitcode 9 --target-processes all)
    # The engine asks what a driver may refuse: whether a pointer is the device's, whether a kernel has a parameter more. Refusals that
    # matter are thrown, and the tests see them.
    [ "$tool" = memcheck ] && options+=(--report-api-errors no)
    step "$tool" "$sanitizer" "${options[@]}" "${java[@]}" "${few[@]}" "${suites[@]}" \
      --classes '.*\.Cuda(Parity|Operations)Test' && outcome=passed
    tools+=("\"$tool\": \"$outcome\"")
  done
  (IFS=,; echo "{${tools[*]}}") >"$out/sanitizer.json"
else
  note sanitizer "left out: there is no compute-sanitizer"
fi
finish
