import { cpus, totalmem } from 'node:os'

/** What figures were measured on, in one line. */
export function machine(): string {
  return `${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`
}
