import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Identity of the machine's present boot, or null when the system does not tell. */
export function readBootId(): string | null {
  try {
    if (process.platform === 'darwin') {
      return execFileSync('sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8' }).trim() || null
    }
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() || null
  } catch {
    return null
  }
}
