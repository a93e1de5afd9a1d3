import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** What a set of processes has used. Null where the system has no /proc. */
export interface ProcessCost {
  /** User and system time since their start. */
  cpuSeconds: number
  residentMiB: number
}

let ticksPerSecond: number | null = null

export function processCost(pids: readonly number[]): ProcessCost | null {
  if (process.platform !== 'linux' || pids.length === 0) return null
  ticksPerSecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  let ticks = 0
  let residentKiB = 0
  for (const pid of pids) {
    // The command name may hold blanks; the fields after its closing bracket begin with the third, the state.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    ticks += Number(fields[11]) + Number(fields[12])
    residentKiB += Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmRSS:\s+(\d+)/m)?.[1] ?? 0)
  }
  return { cpuSeconds: ticks / ticksPerSecond, residentMiB: residentKiB / 1024 }
}
