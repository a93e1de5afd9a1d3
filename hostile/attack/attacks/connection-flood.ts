import type { Attack } from '../attack.ts'
import { requestsBoundMiB } from '../bounds.ts'

export const connectionFlood: Attack = {
  name: 'connection-flood',
  about: 'open 5,000 connections as fast as they are taken, and say nothing on them',
  connections: 5_000,
  boundMiB: requestsBoundMiB,
  unbounded: { plant: new URL('../plants/buffer-each.js', import.meta.url) },
  begin: (crowd) => crowd.start(() => {}),
}
