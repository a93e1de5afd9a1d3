#!/usr/bin/env bash
# Cold start of Apache Kafka: process start to the first TCP accept, the first topic and the first acks=all
# acknowledgement (Probe.java coldstart; the client is loaded and trying before the server starts).
#   coldstart.sh [N nodes (1)] [rounds (5)]     env: BASEPORT (19892), KAFKA_DIR, BENCH_LOCK
# After each round: the CPU seconds that the nodes had used by then, which says more than the time on a busy machine.
# The data dirs are formatted and have been started once before; every round starts on them again (page cache warm).
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd); K="$HERE/kafka"; N=${1:-1}; R=${2:-5}
export KAFKA_DIR=${KAFKA_DIR:-${TMPDIR:-/tmp}/kafka-reference/cold$N}
trap '"$K" down' EXIT
"$K" up "$N" "${BASEPORT:-19892}" "$KAFKA_DIR" >/dev/null; "$K" down
rf=$((N < 3 ? N : 3)); isr=$((N < 3 ? 1 : 2)); start=""
for ((i = 1; i <= N; i++)); do start+="'$K' start $i; "; done
run() {
  for ((r = 1; r <= R; r++)); do
    "$K" probe coldstart --bootstrap "$("$K" bootstrap)" --rf $rf --min-isr $isr --start-cmd "$start" | { [ $r = 1 ] && cat || tail -1; }
    "$K" stats | awk 'NR > 1 {s += $4} END {print "# broker CPU seconds so far, all nodes: " s}'
    "$K" down
  done
}
if [ -n "${BENCH_LOCK:-}" ]; then exec 9>>"$BENCH_LOCK"; flock 9; run 9>&-; exec 9>&-; else run; fi
