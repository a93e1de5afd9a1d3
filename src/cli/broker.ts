import type { Command } from 'commander'
import { examples, positiveInteger } from './command-line.ts'

export function registerBroker(program: Command): void {
  const broker = program.command('broker').description('Runs one broker, or starts and stops one of a local cluster.')
  broker
    .command('run')
    .summary('run one broker from a YAML file')
    .description(
      'Runs one broker in this process, with the settings of a YAML file (docs/configuration.md lists them). Prints a line that begins with "ready" once clients can work; logs go to stderr. Ctrl-C stops it cleanly.',
    )
    .requiredOption('--config <file>', 'YAML file with the settings')
    .option('--insecure-listen', 'take connections from other machines without encryption or login')
    .addHelpText('after', examples('trilog broker run --config broker.yaml'))
    .action(async (options: { readonly config: string; readonly insecureListen?: boolean }) => {
      const [{ runNode }, { stopSignals }] = await Promise.all([import('./run-node.ts'), import('./stop-signals.ts')])
      await runNode({
        configPath: options.config,
        insecureListen: options.insecureListen ?? false,
        log: { fd: 2 },
        pidPath: null,
        onReady: (line) => process.stdout.write(`${line}\n`),
        stopWanted: stopSignals(),
      })
    })
  const one = (name: string, summary: string) =>
    broker
      .command(name)
      .summary(summary)
      .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
      .argument('<i>', 'id of the broker, from 1, or of a controller, from 101', positiveInteger)
      .option('--data <dir>', 'folder of the cluster', './trilog-data')
      .addHelpText('after', examples(`trilog broker ${name} 1 --data ./trilog-data`))
  one('start', 'start a broker of a local cluster, and return once clients can work').action(
    async (id: number, options: { readonly data: string }) => {
      const { startOne } = await import('./local-cluster.ts')
      await startOne(options.data, id)
    },
  )
  for (const how of ['stop', 'kill'] as const) {
    const summary =
      how === 'stop' ? 'stop a broker of a local cluster cleanly' : 'end a broker at once, as kill -9 does'
    one(how, summary).action(async (id: number, options: { readonly data: string }) => {
      const { endOne } = await import('./local-cluster.ts')
      await endOne(options.data, id, how)
    })
  }
}
