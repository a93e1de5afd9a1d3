/** Resolves with what asks this process to stop: Ctrl-C, `kill`, or a closed terminal. Further ones are left unheard. */
export function stopSignals(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal))
  })
}
