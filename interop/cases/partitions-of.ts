import { ClientError, type ClientSession } from '../client-program.ts'

/** The partitions of a topic that have a leader, in order, as the client describes them; none while it is not known. */
export async function partitionsOf(client: ClientSession, topic: string): Promise<string[]> {
  const lines = await client.lines('describe', { topic }).catch((error: unknown) => {
    if (error instanceof ClientError && /unknown.?topic/i.test(`${error.kind} ${error.message}`)) return []
    throw error
  })
  const led = lines.filter(([kind, , leader]) => kind === 'partition' && Number(leader) >= 0)
  return led.map(([, id]) => id ?? '').sort()
}
