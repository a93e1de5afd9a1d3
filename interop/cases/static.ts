import { check } from '../records.ts'
import type { Case } from './case.ts'
import { GroupWork } from './group-work.ts'

/** A static member that dies and comes back within its session has its partitions again, and nobody else notices. */
export const staticCase: Case = {
  name: 'static',
  about:
    'static members: one of two dies and comes back under its instance id within the session; it has the same partitions, and the other saw no rebalance',
  run: (context) =>
    GroupWork.with(context, 4, async (work) => {
      const other = work.join({ assignor: 'range', instance: 'a' })
      await work.assigned(4, [other, 4])
      const dying = work.join({ assignor: 'range', instance: 'b' })
      await work.assigned(4, [other, 2], [dying, 2])
      await work.sendUpTo(400)
      const { assignments } = other
      await dying.die()
      const back = work.join({ assignor: 'range', instance: 'b' })
      await work.assigned(4, [other, 2], [back, 2])
      check(back.assigned?.join() === dying.assigned?.join(), `${back} came back, ${dying} had died`)
      await work.sendUpTo(1000)
      check(
        other.assignments === assignments,
        `the other member was assigned ${other.assignments - assignments} times more`,
      )
      await Promise.all([other.leave(), back.leave()])
      return {
        facts: '2 + 2 partitions, the same after the death; 1000 records',
        varying: `${work.duplicates()} seen twice`,
      }
    }),
}
