/**
 * For how long the processor has worked for this process, in milliseconds. All that works here while inputs are fed is the
 * thread that works on them, and what collects its garbage; what other processes do to the machine does not count.
 */
export function workedMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
