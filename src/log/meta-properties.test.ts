import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogDirectoryRefusal } from './log-directory-refusal.ts'
import { decodeMetaProperties, encodeMetaProperties } from './meta-properties.ts'

const ofKafka = `#
#Tue Nov 24 00:42:51 UTC 2026
node.id=1
directory.id=bz4sTzxd5WMQbpBU6aZ_VQ
version=1
cluster.id=4gsVwqhHt-j38Bk38ZES-A
`

test('meta.properties of Kafka 4.3.1 is read, and ours comes back', () => {
  const identity = { clusterId: '4gsVwqhHt-j38Bk38ZES-A', nodeId: 1, directoryId: 'bz4sTzxd5WMQbpBU6aZ_VQ' }
  assert.deepEqual(decodeMetaProperties(Buffer.from(ofKafka), '/data'), identity)
  assert.deepEqual(decodeMetaProperties(encodeMetaProperties(identity), '/data'), identity)
})

test('Java’s escapes and separators are read', () => {
  const text = 'version : 1\ncluster.id = a\\:b\\=c\nnode.id 7\n'
  assert.deepEqual(decodeMetaProperties(Buffer.from(text), '/data'), {
    clusterId: 'a:b=c',
    nodeId: 7,
    directoryId: null,
  })
})

test('a folder from the time of ZooKeeper is refused by its name', () => {
  const decode = () => decodeMetaProperties(Buffer.from('version=0\nbroker.id=1\n'), '/data')
  assert.throws(decode, (error) => error instanceof LogDirectoryRefusal && /ZooKeeper/.test(error.message))
})
