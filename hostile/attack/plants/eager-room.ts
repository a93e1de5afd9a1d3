/** Loaded into a broker: a request gets its room, page by page, as soon as it is announced, whatever others hold. */
import { BufferPool } from '../../../src/kafka/buffer-pool.ts'
import { MemoryAccount } from '../../../src/kafka/memory-account.ts'

BufferPool.prototype.take = (bytes) => Buffer.alloc(BufferPool.sizeOf(bytes), 1)
MemoryAccount.prototype.take = function (_least, wanted) {
  this.add(wanted)
  return wanted
}
