/** Loaded into a broker: every connection has a buffer of its own for what it may say. */
import { ClientConnection } from '../../../src/kafka/connection.ts'

const ownBytes = 256 * 1024

const { allocate, received } = ClientConnection.prototype
const buffers = new WeakMap<ClientConnection, Buffer>()

ClientConnection.prototype.allocate = function () {
  const own = buffers.get(this) ?? Buffer.alloc(ownBytes, 1)
  buffers.set(this, own)
  return own.subarray(0, allocate.call(this).length)
}

ClientConnection.prototype.received = function (bytes) {
  allocate.call(this).set((buffers.get(this) as Buffer).subarray(0, bytes))
  received.call(this, bytes)
}
