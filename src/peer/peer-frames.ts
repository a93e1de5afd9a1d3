import { array, decode, encodeInto, type InputOf, type MessageOf, message } from '../codec/message.ts'
import { MalformedInput } from '../codec/malformed-input.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'

const group = {
  topicId: { type: 'uuid', about: 'The topic of the group.' },
  partition: { type: 'int32', about: 'Its partition.' },
} as const

const fetchOfGroup = message({
  ...group,
  epoch: { type: 'int32', about: 'The epoch of the leader that is asked.' },
  from: { type: 'int64', about: 'Log end of the follower; everything below is stored there.' },
  lastEpoch: { type: 'int32', about: 'Epoch of the entry before it; -1: none.' },
  suspect: { type: 'bool', about: 'It may have lost what it had: its copy is not to be counted.' },
  logStartOffset: { type: 'int64', about: 'Where its log begins: below that it serves nobody.' },
})

const voterOfGroup = message({
  broker: { type: 'int32', about: 'Who votes.' },
  directory: { type: 'uuid', about: 'On the folder.' },
})

const answerToGroup = message({
  ...group,
  epoch: { type: 'int32', about: 'The epoch that was asked in.' },
  from: { type: 'int64', about: 'From where was asked.' },
  outcome: { type: 'int8', about: '0 entries, 1 the logs diverge, 2 not the leader, 3 gone.' },
  highWatermark: { type: 'int64', default: -1, about: 'Everything below is committed (entries).' },
  endEpoch: {
    type: 'int32',
    default: -1,
    about: 'An epoch that the follower may have (diverge), or of a snapshot (gone) …',
  },
  endOffset: { type: 'int64', default: -1, about: '… and where it ends in the log of the leader, or in the snapshot.' },
  knownEpoch: { type: 'int32', default: -1, about: 'The newest epoch known (not the leader) …' },
  leader: { type: 'int32', default: -1, about: '… and who leads in it; -1: nobody.' },
  logStartOffset: { type: 'int64', default: -1, about: 'Where the log of the leader begins (entries, gone).' },
  logEndOffset: { type: 'int64', default: -1, about: 'Where the log of the leader ends (entries).' },
  replicatedUpTo: {
    type: 'int64',
    since: 2,
    default: 0,
    about: 'Everything below is on all replicas (entries).',
  },
  compactedUpTo: {
    type: 'int64',
    since: 2,
    default: 0,
    about: 'Below, the log of the leader is compacted (entries).',
  },
  voters: {
    type: array(voterOfGroup),
    since: 1,
    nullableSince: 1,
    default: null,
    about: 'Who votes where the log of the leader begins (gone).',
  },
  entries: { type: 'records', nullableSince: 0, default: null, about: 'Whole batches, from `from` on (entries).' },
})

const leaderOfGroup = message({
  ...group,
  epoch: { type: 'int32', about: 'An epoch.' },
  leader: { type: 'int32', about: 'Who leads in it.' },
})

/** Everything that brokers say to each other. Each frame carries its kind and version. */
const kinds = {
  hello: {
    id: 0,
    version: 0,
    fields: message({
      clusterId: { type: 'string', about: 'Both sides must be of one cluster.' },
      brokerId: { type: 'int32', about: 'Who speaks.' },
      directoryId: { type: 'uuid', about: 'The folder of its logs.' },
      incarnation: { type: 'uuid', about: 'Drawn at every start: tells one process of a broker from the next.' },
    }),
  },
  /** Says nothing but that its sender lives. */
  beat: { id: 1, version: 0, fields: message({}) },
  fetch: { id: 2, version: 0, fields: message({ groups: { type: array(fetchOfGroup), about: 'What is asked for.' } }) },
  answer: {
    id: 3,
    version: 2,
    fields: message({ groups: { type: array(answerToGroup), about: 'What is answered.' } }),
  },
  'vote-request': {
    id: 4,
    version: 0,
    fields: message({
      ...group,
      epoch: { type: 'int32', about: 'The epoch that the sender stands in, or would.' },
      lastEpoch: { type: 'int32', about: 'Epoch of the newest entry of its log.' },
      endOffset: { type: 'int64', about: 'End of its log.' },
      pre: { type: 'bool', about: 'It only asks whether it would be elected.' },
    }),
  },
  vote: {
    id: 5,
    version: 0,
    fields: message({
      ...group,
      epoch: { type: 'int32', about: 'The epoch that was asked for.' },
      pre: { type: 'bool', about: 'As it was asked.' },
      granted: { type: 'bool', about: 'Whether the sender votes for who has asked.' },
      voterEpoch: { type: 'int32', about: 'The epoch of the sender.' },
      leader: { type: 'int32', about: 'Who leads in it; -1: nobody that it knows of.' },
    }),
  },
  led: {
    id: 6,
    version: 0,
    fields: message({
      ...group,
      epoch: { type: 'int32', about: 'An epoch.' },
      leader: { type: 'int32', about: 'Who leads in it.' },
    }),
  },
  ask: {
    id: 7,
    version: 0,
    fields: message({
      number: { type: 'int32', about: 'The reply names it.' },
      subject: { type: 'string', about: 'What is asked for.' },
      body: { type: 'bytes', about: 'The question, as its subject has it.' },
    }),
  },
  reply: {
    id: 8,
    version: 0,
    fields: message({
      number: { type: 'int32', about: 'The ask that is answered.' },
      refused: { type: 'bool', about: 'Whether nothing was done: the body says why.' },
      body: { type: 'bytes', about: 'The answer.' },
    }),
  },
  stand: {
    id: 10,
    version: 0,
    fields: message({
      ...group,
      epoch: { type: 'int32', about: 'The epoch that the sender leads, and hands over.' },
      lastEpoch: { type: 'int32', about: 'Epoch of the newest entry of its log.' },
      endOffset: { type: 'int64', about: 'End of its log.' },
    }),
  },
  leaders: {
    id: 9,
    version: 0,
    fields: message({
      groups: { type: array(leaderOfGroup), about: 'Who leads groups that elect their leaders themselves.' },
    }),
  },
} as const

type Kinds = typeof kinds
export type PeerFrameKind = keyof Kinds

/** A frame as it came in. */
export type PeerFrame = { [K in PeerFrameKind]: { readonly type: K } & MessageOf<Kinds[K]['fields']> }[PeerFrameKind]

/** A frame to be sent. */
export type PeerFrameInput = { [K in PeerFrameKind]: { readonly type: K } & InputOf<Kinds[K]['fields']> }[PeerFrameKind]

const kindById = new Map<number, PeerFrameKind>(
  (Object.keys(kinds) as PeerFrameKind[]).map((kind) => [kinds[kind].id, kind]),
)

/** A whole frame: size, kind, version, fields. Entries are not copied: they must not change until they are sent. */
export function encodePeerFrame(frame: PeerFrameInput): Uint8Array[] {
  const { id, version, fields } = kinds[frame.type]
  const writer = new Writer()
  writer.int32(0)
  writer.int16(id)
  writer.int16(version)
  encodeInto(writer, fields as Kinds['hello']['fields'], frame as never, version)
  const size = writer.size - 4
  const chunks = writer.finish()
  const [first] = chunks
  if (first !== undefined) new DataView(first.buffer, first.byteOffset).setInt32(0, size)
  return chunks
}

/** Reads a frame without its size. Throws `MalformedInput`, also on a kind or version that this release does not know. */
export function decodePeerFrame(bytes: Uint8Array): PeerFrame {
  const reader = new Reader(bytes)
  const id = reader.int16()
  const version = reader.int16()
  const type = kindById.get(id)
  if (type === undefined || version > kinds[type].version || version < 0) {
    throw new MalformedInput(`peer frame ${type ?? id} of version ${version} is unknown to this release`, 0)
  }
  const fields = decode(kinds[type].fields as Kinds['hello']['fields'], reader, version)
  if (reader.remaining > 0) throw new MalformedInput(`${reader.remaining} bytes too many`, reader.position)
  return { type, ...fields } as unknown as PeerFrame
}
