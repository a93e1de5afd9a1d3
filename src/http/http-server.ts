import { createServer, type RequestListener } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { type Logger, silentLogger } from '../runtime/logger.ts'
import { type Health, healthAnswer } from './health.ts'
import { addReceiptRoutes, receiptPaths, type ServedReceipts } from './receipt-routes.ts'
import { sharedCall } from './shared-call.ts'

export interface HttpOptions {
  /** Without brackets. Whether an address beyond loopback is allowed is for the caller to decide (`isLoopback`). */
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** All metrics in Prometheus' text format 0.0.4. */
  readonly metricsText: () => Promise<string>
  readonly health: () => Health
  /** Absent: there are none to be served. */
  readonly receipts?: ServedReceipts
  readonly logger?: Logger
}

export interface HttpServer {
  /** The one that it listens on. */
  readonly port: number
  /** Takes no more requests and closes every connection. */
  close(): Promise<void>
}

/** The HTTP port cannot be listened on. `code` is the system's (EADDRINUSE, EACCES, …). */
export class HttpListenFault extends Error {
  readonly code: string

  constructor(at: { host: string; port: number }, cause: unknown) {
    const code = (cause as { code?: unknown } | null)?.code
    const why =
      code === 'EADDRINUSE' ? 'something else listens there' : cause instanceof Error ? cause.message : `${cause}`
    super(`cannot serve HTTP on ${at.host} port ${at.port}: ${why}`, { cause })
    this.name = 'HttpListenFault'
    this.code = typeof code === 'string' ? code : 'EIO'
  }
}

/** A request line and headers of more than this are answered with 431. */
const headerBytesMax = 8192
/** No route takes a body. */
const bodyBytesMax = 1024
/** A client that has not sent its request by then is cut off. */
const requestTimeoutMs = 10_000
const keepAliveMs = 65_000

const paths = ['/health', '/health/live', '/health/ready', '/metrics', ...receiptPaths]

/**
 * Serves `/metrics`, `/receipts`, `/health`, and `/health/live` and `/health/ready` for probes. The port is open when it
 * resolves; the library behind it is loaded by the first request, so that it costs a start nothing.
 */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const handler = handlerOf(options)
  const server = createServer(
    { maxHeaderSize: headerBytesMax, requestTimeout: requestTimeoutMs, keepAliveTimeout: keepAliveMs },
    (request, response) => void handler().then((handle) => handle(request, response)),
  )
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new HttpListenFault(options, error)))
    server.listen({ host: options.host, port: options.port }, resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { port, close }
}

/** What answers requests; made when it is first asked for. */
function handlerOf(options: HttpOptions): () => Promise<RequestListener> {
  let making: Promise<RequestListener> | null = null
  return () => {
    making ??= makeHandler(options).catch((error: unknown) => {
      options.logger?.error({ error: String(error) }, 'what serves HTTP could not be loaded')
      return (_request, response) => void response.writeHead(500).end()
    })
    return making
  }
}

async function makeHandler(options: HttpOptions): Promise<RequestListener> {
  const { fastify } = await import('fastify')
  const app = fastify({ logger: false, bodyLimit: bodyBytesMax })
  addRoutes(app, options)
  await app.ready()
  return (request, response) => app.routing(request, response)
}

function addRoutes(server: FastifyInstance, options: HttpOptions): void {
  const { metricsText, health, receipts, logger = silentLogger } = options
  // Many scrapers cost as much as one.
  const metrics = sharedCall(metricsText)
  server.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
  })
  server.get('/metrics', async (_request, reply) => {
    reply.type('text/plain; version=0.0.4; charset=utf-8')
    return metrics()
  })
  for (const path of ['/health', '/health/ready']) {
    server.get(path, async (_request, reply) => {
      const { code, body } = healthAnswer(health())
      return reply.code(code).send(body)
    })
  }
  server.get('/health/live', async () => ({ live: true }))
  if (receipts !== undefined) addReceiptRoutes(server, receipts)
  server.setNotFoundHandler(async (_request, reply) => reply.code(404).send({ error: 'not found', paths }))
  server.setErrorHandler(async (error: Error & { statusCode?: number }, request, reply) => {
    const code = error.statusCode ?? 500
    // What the client did wrong is its own affair; what went wrong here is not told to the outside.
    if (code < 500) return reply.code(code).send({ error: error.message })
    logger.error({ path: request.url, error: error.message }, 'an HTTP request failed')
    return reply.code(500).send({ error: 'the broker could not answer; its log says why' })
  })
}
