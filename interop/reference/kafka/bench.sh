#!/usr/bin/env bash
# Bounded benchmark of any Kafka-compatible broker with Apache Kafka's own tools.
#
#   bench.sh BOOTSTRAP [quick|core|full]
#
# quick: 9 rows; core (default): 28 producer rows + 8 consumer rows + latency; full: all 48 producer combinations.
# Every run ends in RUN_S seconds (28): a producer run that does not is cut off, its record count is lowered to what
# fits and it is run once more. The suite makes its topics (bench-...) and deletes them.
#
# Environment:
#   BENCH_OUT   TSV file to write            (./bench.tsv)
#   PIDS_CMD    prints the brokers' pids     ('./kafka pids' gives them for the reference); without it no CPU columns
#   BENCH_RF    replication factors          ("1 3"); likewise BENCH_SIZES ("100 1024"), BENCH_PARTS ("1 6"),
#               BENCH_ACKS ("0 1 all"), BENCH_BATCHES ("def big") narrow the suite
#   BENCH_LOCK  a lock file: runs wait for it (flock) and keep it for about BENCH_HOLD_S (100) seconds at a time
#   QUIET_S     before each run wait at most so long (seconds) for the rest of the machine to be idle (0)
#   SCALE       record counts are multiplied by it (1)
#   SKIP_LAT    not empty: no latency rows
#
# Columns: broker_cpu_s = user+system of all brokers over the run, cpu_s_per_M = that per million records,
# client_cpu_s = the tool's own, other_cpu = cores busy with neither of them (noise), rss_mib = sum of the brokers.
# rec_s/mb_s and the percentiles are of the steady state after the tool's warm-up records (20 %).
set -uo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
B=${1:?bootstrap}; SUITE=${2:-core}
OUT=${BENCH_OUT:-bench.tsv}; RUN_S=${RUN_S:-28}; SCALE=${SCALE:-1}; QUIET_S=${QUIET_S:-0}
T=$(mktemp -d); trap 'rm -rf "$T"' EXIT
HZ=$(getconf CLK_TCK); ID=bench-$$-$(date +%s)
tool() { "$HERE/kafka" tool "$@" 9>&-; }
pids() { [ -n "${PIDS_CMD:-}" ] && bash -c "$PIDS_CMD" 9>&- | tr '\n' ' '; }
cpu_of() { local p s=0 v; for p in "$@"; do v=$(sed 's/.*) //' /proc/$p/stat 2>/dev/null | awk '{print $12+$13}'); s=$((s + ${v:-0})); done; awk -v s=$s -v h=$HZ 'BEGIN{printf "%.2f", s/h}'; }
rss_of() { local p s=0 v; for p in "$@"; do v=$(awk '/^VmRSS/{print $2}' /proc/$p/status 2>/dev/null); s=$((s + ${v:-0})); done; echo $((s / 1024)); }
busy() { awk -v h=$HZ '/^cpu /{printf "%.2f", ($2+$3+$4+$7+$8)/h}' /proc/stat; }
now() { date +%s.%N; }
calc() { awk "BEGIN{$1}"; }
quiet() { # wait for under 0.3 busy cores besides the brokers
  local P b0 c0 end=$((SECONDS + QUIET_S)); [ "$QUIET_S" -gt 0 ] || return 0; P=$(pids)
  while [ $SECONDS -lt $end ]; do
    b0=$(busy); c0=$(cpu_of $P); sleep 1
    calc "exit !(($(busy)-$b0)-($(cpu_of $P)-$c0) < 0.3)" && return 0
  done
}

HDR="what\tsize\tacks\trf\tparts\tbatch\tlinger\trecords\trec_s\tmb_s\tavg_ms\tp50_ms\tp95_ms\tp99_ms\tp99.9_ms\tbroker_cpu_s\tcpu_s_per_M\tclient_cpu_s\tother_cpu\trss_mib\tnote"
echo -e "$HDR" >"$OUT"
FMT='%-10s %5s %4s %3s %5s %7s %6s %8s %9s %7s %8s %7s %7s %7s %8s %8s %8s %8s %6s %6s %s\n'
row() { local IFS=$'\t'; echo "$*" >>"$OUT"; printf "$FMT" "$@"; }
IFS=$'\t' read -ra H <<<"$(echo -e "$HDR")"; H[15]=brk_cpu; H[16]=cpu/M; H[17]=cli_cpu; H[18]=other; H[19]=rss; printf "$FMT" "${H[@]}"

# The lock is taken once and kept over several runs, BENCH_HOLD_S seconds at most plus one run; nothing inherits it.
HELD=""
acquire() { [ -n "${BENCH_LOCK:-}" ] && [ -z "$HELD" ] || return 0; exec 9>>"$BENCH_LOCK"; flock 9; HELD=$SECONDS; }
release() { [ -n "$HELD" ] || return 0; exec 9>&-; HELD=""; }
# measured CMD: runs it, at most RUN_S s, output in $T/out; sets RC WALL BCPU CCPU OTHER RSS
measured() {
  local P b0 b1 c0 c1 t0 t1 u s TIMEFORMAT='%U %S'
  acquire; quiet; P=$(pids)
  b0=$(busy); c0=$(cpu_of $P); t0=$(now)
  { time timeout "$RUN_S" bash -c "$1" >"$T/out" 2>"$T/err" 9>&-; RC=$?; } 2>"$T/time"
  t1=$(now); c1=$(cpu_of $P); b1=$(busy)
  read -r u s < <(tail -1 "$T/time"); RSS=$(rss_of $P)
  WALL=$(calc "printf \"%.2f\", $t1-$t0"); BCPU=$(calc "printf \"%.2f\", $c1-$c0"); CCPU=$(calc "printf \"%.2f\", $u+$s")
  OTHER=$(calc "o=(($b1-$b0)-($c1-$c0)-$u-$s)/($t1-$t0); printf \"%.2f\", o<0?0:o")
  [ -n "${PIDS_CMD:-}" ] || { BCPU=-; RSS=-; }
  [ -n "$HELD" ] && [ $((SECONDS - HELD)) -ge "${BENCH_HOLD_S:-100}" ] && release
  return 0
}
per_m() { [ "$BCPU" = - ] && echo - || calc "printf \"%.2f\", $BCPU*1e6/$1"; }

make_topic() { # name parts rf
  local c=(); [ "$3" -ge 3 ] && c=(--config min.insync.replicas=2)
  tool kafka-topics --bootstrap-server "$B" --create --topic "$1" --partitions "$2" --replication-factor "$3" "${c[@]}" >"$T/topic" 2>&1 || { cat "$T/topic" >&2; return 1; }
}
drop_topic() { tool kafka-topics --bootstrap-server "$B" --delete --topic "$1" >/dev/null 2>&1; }

declare -A LOWER
produce() { # topic size acks rf parts def|big rate
  local topic=$1 size=$2 acks=$3 rf=$4 parts=$5 bt=$6 rate=${7:--1} n props batch=default linger=default note=- key try line w
  key="$size/$acks/$rf/$bt"
  n=$([ "$size" -le 100 ] && echo 1500000 || echo 300000); n=$(calc "printf \"%d\", $n*$SCALE")
  [ "$rate" -gt 0 ] && n=$((rate * 15)) && note="rate=$rate/s"
  [ -n "${LOWER[$size]:-}" ] && [ "${LOWER[$size]}" -lt "$n" ] && n=${LOWER[$size]}
  props="acks=$acks"; [ "$bt" = big ] && { batch=131072; linger=5; props+=" batch.size=131072 linger.ms=5"; }
  for try in 1 2; do
    w=$((n / 5))
    measured "exec '$HERE/kafka' tool kafka-producer-perf-test --bootstrap-server '$B' --topic '$topic' --num-records $n --warmup-records $w --throughput $rate --record-size $size --command-property $props"
    line=$(grep 'steady state records sent' "$T/out" | tail -1)
    if [ -n "$line" ] && [ "$RC" = 0 ]; then
      row produce "$size" "$acks" "$rf" "$parts" $batch $linger "$n" $(awk '{gsub(/[(,]/,""); printf "%.0f %.2f %.2f %s %s %s %s\n",$6,$8,$10,$18,$21,$24,$27}' <<<"$line") "$BCPU" "$(per_m "$n")" "$CCPU" "$OTHER" "$RSS" "$note"
      # one slow run must not shorten all that follow: 12 s at the rate just seen
      [ -n "${LOWER[$size]:-}" ] && LOWER[$size]=$(awk '{gsub(/[(,]/,""); printf "%d", $6*12}' <<<"$line")
      return
    fi
    # cut off or failed: what it did manage, from the interval lines
    local sent; sent=$(awk '/records sent,/{s+=$1} END{print s+0}' "$T/out")
    [ "$try" = 1 ] && [ "$rate" -le 0 ] && [ "$sent" -gt 0 ] && [ "$RC" = 124 ] && { n=$((sent * 15 / RUN_S)); [ "$n" -lt 1000 ] && n=1000; LOWER[$size]=$n; continue; }
    break
  done
  row produce "$size" "$acks" "$rf" "$parts" $batch $linger "$n" "$(calc "printf \"%.0f\", $sent/$RUN_S")" - - - - - - "$BCPU" - "$CCPU" "$OTHER" "$RSS" "$([ "$RC" = 124 ] && echo "CUT OFF" || echo "FAILED rc=$RC $(tail -1 "$T/err" | cut -c1-80)")"
}
end_offset() { tool kafka-get-offsets --bootstrap-server "$B" --topic "$1" 2>/dev/null | awk -F: '{s+=$3} END{print s+0}'; }
consume() { # topic size rf parts
  local n; n=$(end_offset "$1"); [ "$n" -gt 2000000 ] && n=2000000
  measured "exec '$HERE/kafka' tool kafka-consumer-perf-test --bootstrap-server '$B' --topic '$1' --num-records $n --timeout 20000 --hide-header"
  local got rs mb; IFS=, read -r _ _ _ _ got _ _ _ mb rs < <(grep -E '^[0-9]{4}-' "$T/out" | tail -1)
  if [ -z "${got:-}" ]; then row consume "$2" - "$3" "$4" - - "$n" - - - - - - - "$BCPU" - "$CCPU" "$OTHER" "$RSS" "FAILED rc=$RC $(tail -1 "$T/err" | cut -c1-80)"; return; fi
  row consume "$2" - "$3" "$4" - - "${got// /}" "$(calc "printf \"%.0f\", $rs")" "$(calc "printf \"%.2f\", $mb")" - - - - - "$BCPU" "$(per_m "${got// /}")" "$CCPU" "$OTHER" "$RSS" "catch-up, fetch time only"
}
e2e() { # topic size acks rf
  measured "exec '$HERE/kafka' tool kafka-e2e-latency --bootstrap-server '$B' --topic '$1' --num-records 2000 --producer-acks $3 --record-size $2"
  local avg p; avg=$(awk '/^Avg latency/{print $3}' "$T/out"); p=$(sed -n 's/^Percentiles: 50th = \([0-9.]*\), 99th = \([0-9.]*\), 99.9th = \([0-9.]*\).*/\1 - \2 \3/p' "$T/out")
  if [ -z "$p" ]; then row e2e "$2" "$3" "$4" 1 - - 2000 - - - - - - - "$BCPU" - "$CCPU" "$OTHER" "$RSS" "FAILED rc=$RC $(tail -1 "$T/err" | cut -c1-80)"; return; fi
  row e2e "$2" "$3" "$4" 1 - - 2000 "$(calc "printf \"%.0f\", 1000/$avg")" - "$(calc "printf \"%.2f\", $avg")" $p "$BCPU" "$(per_m 2000)" "$CCPU" "$OTHER" "$RSS" "EndToEndLatency, one at a time, whole ms"
}
rate_probe() { # acks rf size rate: Probe.java, microsecond clock
  local isr=1; [ "$2" -ge 3 ] && isr=2
  measured "exec '$HERE/kafka' probe latency --bootstrap '$B' --acks $1 --rf $2 --min-isr $isr --size $3 --rate $4 --records $(($4 * 10))"
  local w
  for w in ack e2e; do
    local a n p50 p95 p99 p999 mx; read -r _ a _ n p50 p95 p99 p999 mx < <(grep "^$w" "$T/out")
    row "lat-$w" "$3" "$1" "$2" 1 - 0 "${n:-0}" "$4" - - "${p50:--}" "${p95:--}" "${p99:--}" "${p999:--}" "$BCPU" - "$CCPU" "$OTHER" "$RSS" "$([ -n "${n:-}" ] && echo "open loop, max ${mx} ms" || echo "FAILED rc=$RC $(tail -1 "$T/err" | cut -c1-80)")"
  done
}

case $SUITE in
  quick) SIZES=100; PARTS=1; ACKS="1 all" BATCHES=def ;;
  core) SIZES="100 1024"; PARTS="1 6"; ACKS="0 1 all" BATCHES="def big" ;;
  full) SIZES="100 1024"; PARTS="1 6"; ACKS="0 1 all" BATCHES="def big" ;;
  *) echo "quick|core|full" >&2; exit 2 ;;
esac
SIZES=${BENCH_SIZES:-$SIZES} PARTS=${BENCH_PARTS:-$PARTS} ACKS=${BENCH_ACKS:-$ACKS} BATCHES=${BENCH_BATCHES:-$BATCHES}
W=$ID-warm; make_topic "$W" 6 1 && { timeout 40 "$HERE/kafka" tool kafka-producer-perf-test --bootstrap-server "$B" --topic "$W" --num-records 200000 --throughput -1 --record-size 100 --command-property acks=1 >/dev/null 2>&1; drop_topic "$W"; }
for rf in ${BENCH_RF:-1 3}; do
  for parts in $PARTS; do
    for size in $SIZES; do
      topic=$ID-$rf-$parts-$size
      make_topic "$topic" "$parts" "$rf" || { echo "cannot make $topic" >&2; continue; }
      for acks in $ACKS; do
        for bt in $BATCHES; do
          # core: all batches at RF 3; at RF 1 the big batch only with acks=all; six partitions only with acks=all
          if [ "$SUITE" = core ]; then
            [ "$rf" = 1 ] && [ "$bt" = big ] && [ "$acks" != all ] && continue
            [ "$parts" = 6 ] && [ "$acks" != all ] && continue
          fi
          produce "$topic" "$size" "$acks" "$rf" "$parts" "$bt"
        done
      done
      consume "$topic" "$size" "$rf" "$parts"
      drop_topic "$topic"
    done
  done
  if [ -z "${SKIP_LAT:-}" ] && { [ "$SUITE" != quick ] || [ "$rf" = 3 ]; }; then
    topic=$ID-e2e-$rf
    make_topic "$topic" 1 "$rf" && { e2e "$topic" 100 all "$rf"; [ "$SUITE" = quick ] || produce "$topic" 100 all "$rf" 1 def 5000; drop_topic "$topic"; }
    rate_probe all "$rf" 100 200
  fi
done
