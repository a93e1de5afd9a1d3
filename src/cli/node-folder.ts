import { join } from 'node:path'
import { firstControllerId } from '../server/quorum-shape.ts'
import type { ClusterPlan } from './cluster-plan.ts'
import { PidFile } from './pid-file.ts'

/** Where one process of a local cluster keeps what belongs to it. */
export interface NodeFolder {
  readonly kind: 'broker' | 'controller'
  readonly id: number
  /** For people, at the beginning of a sentence: `Broker 1`. */
  readonly name: string
  readonly peerPort: number
  readonly path: string
  readonly config: string
  readonly log: string
  /** Its log directory, while the settings are as they were written. */
  readonly data: string
  readonly pid: PidFile
}

/** Names of such folders. */
export const nodeFolderName = /^(broker|controller)-\d+$/

/** The nodes of a cluster: brokers, then controllers. */
export function nodeFolders(root: string, { brokers, controllers }: ClusterPlan): NodeFolder[] {
  return [
    ...brokers.map(({ peer }, index) => nodeFolder(root, { kind: 'broker', id: index + 1, number: index + 1, peer })),
    ...controllers.map(({ peer }, index) =>
      nodeFolder(root, { kind: 'controller', id: firstControllerId + index, number: index + 1, peer }),
    ),
  ]
}

function nodeFolder(
  root: string,
  { kind, id, number, peer }: { kind: NodeFolder['kind']; id: number; number: number; peer: number },
): NodeFolder {
  const path = join(root, `${kind}-${number}`)
  return {
    kind,
    id,
    name: `${kind === 'broker' ? 'Broker' : 'Controller'} ${id}`,
    peerPort: peer,
    path,
    config: join(path, `${kind}.yaml`),
    log: join(path, `${kind}.log`),
    data: join(path, 'data'),
    pid: new PidFile(join(path, 'pid')),
  }
}
