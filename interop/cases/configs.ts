import { check } from '../records.ts'
import type { Case, CaseContext } from './case.ts'
import { refusalOf } from './refusal-of.ts'

/** A setting given at creation is described, altered, described again; a bad value is refused and changes nothing. */
export const configsCase: Case = {
  name: 'configs',
  about:
    'a topic made with `retention.ms=3600000` is described so; the setting is altered and described anew; a value that is no number is refused and changes nothing',
  async run(context) {
    const { client, topic } = context
    await context.createTopic(1, 'retention.ms=3600000')
    await described(context, '3600000')
    await client.lines('alter-config', { topic, config: 'retention.ms=7200000' })
    await described(context, '7200000')
    const refused = await refusalOf(
      client.lines('alter-config', { topic, config: 'retention.ms=soon' }),
      /invalid|config/i,
    )
    await described(context, '7200000')
    return { facts: `3600000, 7200000, bad value: ${refused}` }
  },
}

async function described({ client, topic, until }: CaseContext, wanted: string): Promise<void> {
  let found: string | undefined
  await until(
    () => `retention.ms is ${wanted}, not ${found}`,
    async () => {
      const lines = await client.lines('describe-config', { topic })
      const settings = lines.filter(([kind]) => kind === 'config')
      check(settings.length >= 20, `all settings are described, not ${settings.length}`)
      found = settings.find(([, name]) => name === 'retention.ms')?.[2]
      return found === wanted
    },
  )
}
