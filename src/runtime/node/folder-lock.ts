import * as fs from 'node:fs'
import { createServer } from 'node:net'
import { DiskFault, type FolderLock } from '../disk.ts'
import { faultOf } from './fault-of.ts'

/** In the locked folder: the holder's process id, for people. The lock itself is the kernel's. */
const lockFileName = '.lock'

/** O_EXLOCK of macOS: open and flock in one step, freed with the descriptor. `node:fs` has no name for it. */
const openWithLock = 0x20

/**
 * Locks a folder for this process, with something that the kernel frees when the process dies, however it dies, so
 * that there is no stale lock to judge and no pid that may have been given to another: on Linux an abstract socket
 * named for the folder's device and inode, on macOS a flock on `.lock`. A second taker, this process included, gets
 * `ELOCKED`. Limit on Linux: abstract sockets are per network namespace, so two containers that share a volume but
 * not a network are not kept apart.
 */
export async function lockFolder(path: string): Promise<FolderLock> {
  const release = process.platform === 'linux' ? await lockBySocket(path) : lockByFile(path)
  return { release }
}

async function lockBySocket(path: string): Promise<() => Promise<void>> {
  const folder = await fs.promises.stat(path, { bigint: true }).catch((error) => refuse(error, path))
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? held(path) : faultOf(error, 'lock', path)),
    )
    server.listen(`\0trilog-folder-${folder.dev}-${folder.ino}`, resolve)
  })
  server.unref()
  noteHolder(path)
  return () => new Promise<void>((resolve) => server.close(() => resolve()))
}

function lockByFile(path: string): () => Promise<void> {
  const { O_RDWR, O_CREAT, O_NONBLOCK } = fs.constants
  let fd: number
  try {
    fd = fs.openSync(`${path}/${lockFileName}`, O_RDWR | O_CREAT | O_NONBLOCK | openWithLock)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    throw code === 'EAGAIN' || code === 'EWOULDBLOCK' ? held(path) : faultOf(error, 'lock', path)
  }
  noteHolder(path)
  return async () => fs.closeSync(fd)
}

function noteHolder(path: string): void {
  try {
    fs.writeFileSync(`${path}/${lockFileName}`, `${process.pid}\n`)
  } catch {
    // A note for people only. A folder that cannot be written says so at the first real write.
  }
}

function held(path: string): DiskFault {
  let holder = 'another process'
  try {
    holder = `process ${fs.readFileSync(`${path}/${lockFileName}`, 'utf8').trim()}`
  } catch {
    // The holder has not written its note yet.
  }
  return new DiskFault({ code: 'ELOCKED', path, operation: 'lock', cause: new Error(`held by ${holder}`) })
}

function refuse(error: unknown, path: string): never {
  throw faultOf(error, 'lock', path)
}
