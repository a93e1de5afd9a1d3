/** The oldest Node that runs Trilog; `engines` in package.json says the same, and a test compares them. */
export const oldestNode = '20.19.0'

/**
 * Why Trilog cannot run here, in one sentence, or null. Written without newer syntax: an old Node must be able to say it.
 * @param {{ node: string, platform: string }} here Node's version (`20.19.0`) and `process.platform`.
 * @returns {string | null}
 */
export function platformProblem(here) {
  if (here.platform !== 'linux' && here.platform !== 'darwin')
    return `Trilog runs on Linux and macOS; this is ${here.platform}. On Windows, use WSL 2.`
  if (isOlder(here.node, oldestNode))
    return `Trilog needs Node ${oldestNode} or newer; this is ${here.node}. Get one from https://nodejs.org.`
  return null
}

/**
 * @param {string} version
 * @param {string} than
 */
function isOlder(version, than) {
  const [a, b] = [version, than].map((text) => text.split('.').map(Number))
  for (let i = 0; i < 3; i++) {
    const difference = Number(a?.[i] || 0) - Number(b?.[i] || 0)
    if (difference !== 0) return difference < 0
  }
  return false
}
