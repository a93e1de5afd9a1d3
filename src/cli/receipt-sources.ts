import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Receipt, receiptsVersion } from '../receipt/receipt.ts'
import { parseReceipts, receiptsFileName } from '../receipt/receipts-file.ts'
import { brokerConfigIn } from './broker-config-file.ts'
import { ClusterFolder } from './cluster-folder.ts'
import { CommandFailed, sentenceOf } from './command-failed.ts'
import type { ReceiptOptions } from './receipts.ts'

/** A broker whose receipts can be read, or the log directory of one that is stopped. */
export interface ReceiptSource {
  /** For people. */
  readonly name: string
  list(): Promise<readonly Receipt[]>
  /** The batches that are kept with a receipt, in pieces. */
  batches(receipt: Receipt): Promise<AsyncIterable<Uint8Array>>
}

const answerMs = 10_000

export async function receiptSources({ http, folder, data }: ReceiptOptions): Promise<ReceiptSource[]> {
  if (http !== undefined) return http.split(',').map((url) => httpSource(url))
  if (folder !== undefined) return [folderSource(folder)]
  const cluster = new ClusterFolder(data)
  const nodes = cluster.nodes(await cluster.existingPlan()).filter(({ kind }) => kind === 'broker')
  return await Promise.all(
    nodes.map(async ({ config: path }) => {
      const config = await brokerConfigIn(path)
      const stopped = folderSource(config.logDirs[0] ?? '')
      if (config.httpPort < 0) return stopped
      const { httpHost: host, httpPort: port } = config
      const running = httpSource(`http://${host.includes(':') ? `[${host}]` : host}:${port}`)
      return (await answers(running)) ? running : stopped
    }),
  )
}

async function answers(source: ReceiptSource): Promise<boolean> {
  try {
    await source.list()
    return true
  } catch (error) {
    if (error instanceof CommandFailed) return false
    throw error
  }
}

function httpSource(given: string): ReceiptSource {
  const url = given.replace(/\/+$/, '')
  const get = async (path: string): Promise<Response> => {
    let response: Response
    try {
      response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(answerMs) })
    } catch (error) {
      throw new CommandFailed(`No broker answers at ${url}.`, { cause: error })
    }
    if (response.ok) return response
    const said = (await response.json().catch(() => null)) as { error?: string } | null
    throw new CommandFailed(`${url}${path}: ${said?.error ?? `status ${response.status}`}.`)
  }
  return {
    name: url,
    async list() {
      const told = (await (await get('/receipts')).json()) as { version?: unknown; receipts?: Receipt[] }
      if (told.version === receiptsVersion && Array.isArray(told.receipts)) return told.receipts
      throw new CommandFailed(`${url} tells of receipts in version ${told.version}; this is for ${receiptsVersion}.`)
    },
    async batches({ id }) {
      const { body } = await get(`/receipts/${id}/batches`)
      if (body === null) throw new CommandFailed(`${url} sent nothing.`)
      return body
    },
  }
}

function folderSource(folder: string): ReceiptSource {
  const path = join(folder, receiptsFileName)
  return {
    name: folder,
    async list() {
      if (!existsSync(folder)) throw new CommandFailed(`There is no folder ${folder}.`)
      if (!existsSync(path)) return []
      try {
        return parseReceipts(readFileSync(path, 'utf8'), path)
      } catch (error) {
        throw new CommandFailed(`${sentenceOf(error)}.`, { cause: error })
      }
    },
    async batches({ cut }) {
      return createReadStream(join(folder, cut?.kept?.file ?? ''))
    },
  }
}
