import type { Command } from 'commander'
import { examples } from './command-line.ts'

export function registerDown(program: Command): void {
  program
    .command('down')
    .summary('stop a local cluster')
    .description(
      'Stops the brokers and controllers of a folder cleanly, and waits until they are gone. What they stored stays.',
    )
    .option('--data <dir>', 'folder of the cluster', './trilog-data')
    .addHelpText('after', examples('trilog down', 'trilog down --data /tmp/demo'))
    .action(async (options: { readonly data: string }) => {
      const { down } = await import('./local-cluster.ts')
      await down(options.data)
    })
}
