import type { LineProcess } from '../child.ts'
import { consoleTopicOf } from './data.ts'
import { expect, expectEqual, rowsBelow, type ToolSession, type ToolStep } from './tool-session.ts'

const tool = 'kafka-consumer-groups'
const groupOf = ({ id }: ToolSession): string => `console-${id}`
const ofGroup = (session: ToolSession): string[] => ['--group', groupOf(session)]

export const groupSteps: readonly ToolStep[] = [
  {
    tool,
    what: 'list',
    async run(session) {
      expect(await session.ok(tool, ['--list']), new RegExp(`^${groupOf(session)}$`, 'm'))
    },
  },
  {
    tool: 'kafka-groups',
    what: 'list',
    async run(session) {
      const rows = rowsBelow(await session.ok('kafka-groups', ['--list']), 'GROUP')
      const own = rows.find(([name]) => name === groupOf(session))
      expectEqual(own, [groupOf(session), 'Classic', 'consumer'], 'the group, its type and protocol')
    },
  },
  {
    tool,
    what: 'describe an empty group: offsets, state, members',
    async run(session) {
      const offsets = await session.ok(tool, ['--describe', ...ofGroup(session)])
      expectEqual(rowsBelow(offsets, 'GROUP')[0]?.slice(1, 6), [consoleTopicOf(session), '0', '2', '2', '0'], 'offsets')
      const state = rowsBelow(await session.ok(tool, ['--describe', '--state', ...ofGroup(session)]), 'GROUP')
      expectEqual(state[0]?.slice(-2), ['Empty', '0'], 'state and members')
      const members = rowsBelow(await session.ok(tool, ['--describe', '--members', ...ofGroup(session)]), 'GROUP')
      expectEqual(members, [], 'members')
    },
  },
  {
    tool,
    what: 'describe a group at work; it can be neither reset nor deleted',
    async run(session) {
      await withMember(session, async () => {
        const members = await session.ok(tool, ['--describe', '--members', '--verbose', ...ofGroup(session)])
        const row = rowsBelow(members, 'GROUP')[0] ?? []
        expectEqual(row.slice(2, 5), ['/127.0.0.1', 'console-consumer', '1'], 'host, client and partitions')
        expect(members, new RegExp(`\\s${consoleTopicOf(session)}:0\\s`))
        const state = rowsBelow(await session.ok(tool, ['--describe', '--state', ...ofGroup(session)]), 'GROUP')
        expectEqual(state[0]?.slice(-3), ['range', 'Stable', '1'], 'strategy, state and members')
        const reset = ['--reset-offsets', '--to-earliest', '--execute', '--topic', consoleTopicOf(session)]
        expect(
          await session.refused(tool, [...ofGroup(session), ...reset]),
          /can only be reset if the group .* is inactive/,
        )
        expect(await session.refused(tool, ['--delete', ...ofGroup(session)]), /GroupNotEmptyException/)
      })
    },
  },
  {
    tool,
    what: 'reset-offsets to-earliest, to-datetime, shift-by',
    async run(session) {
      const topic = consoleTopicOf(session)
      const reset = (...how: string[]): string[] => [...ofGroup(session), '--topic', topic, '--reset-offsets', ...how]
      const newOffset = async (...how: string[]): Promise<string | undefined> =>
        rowsBelow(await session.ok(tool, reset(...how)), 'GROUP')[0]?.at(-1)
      expectEqual(await newOffset('--to-earliest', '--dry-run'), '0', 'dry run')
      expectEqual(await committed(session), '2', 'a dry run changes nothing')
      expectEqual(await newOffset('--to-earliest', '--execute'), '0', 'to-earliest')
      expectEqual(await committed(session), '0', 'committed after to-earliest')
      expectEqual(await newOffset('--shift-by', '1', '--execute'), '1', 'shift-by 1')
      expectEqual(await newOffset('--to-datetime', '2020-01-01T00:00:00.000', '--execute'), '0', 'to-datetime')
      expectEqual(await newOffset('--to-latest', '--execute'), '2', 'to-latest')
      expectEqual(await committed(session), '2', 'committed after to-latest')
    },
  },
  {
    tool,
    what: 'delete-offsets, then delete',
    async run(session) {
      const deleteOffsets = ['--delete-offsets', '--topic', consoleTopicOf(session)]
      expect(await session.ok(tool, [...ofGroup(session), ...deleteOffsets]), /\s0\s+Successful/)
      expect(await session.ok(tool, ['--delete', ...ofGroup(session)]), /was successful/)
      const left = await session.ok(tool, ['--list'])
      expectEqual(left.split('\n').includes(groupOf(session)), false, 'the deleted group is listed')
    },
  },
]

async function committed(session: ToolSession): Promise<string | undefined> {
  return rowsBelow(await session.ok(tool, ['--describe', ...ofGroup(session)]), 'GROUP')[0]?.[3]
}

/** Runs a console consumer as a member of the group meanwhile; it has joined when it shows a record. */
async function withMember(session: ToolSession, work: () => Promise<void>): Promise<void> {
  const topic = consoleTopicOf(session)
  await session.ok(tool, [...ofGroup(session), '--topic', topic, '--reset-offsets', '--shift-by', '-1', '--execute'])
  let member: LineProcess | null = null
  try {
    await new Promise<void>((resolve, reject) => {
      member = session.start('kafka-console-consumer', ['--topic', topic, ...ofGroup(session)], () => resolve())
      member.exited.then(() => reject(new Error(`the member ended: ${member?.stderr}`)), reject)
    })
    await work()
  } finally {
    await (member as LineProcess | null)?.end()
  }
}
