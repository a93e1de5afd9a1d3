import { check } from '../records.ts'
import type { Case } from './case.ts'
import { GroupWork } from './group-work.ts'

/** What a member keeps over a rebalance is never taken from it. */
export const cooperativeCase: Case = {
  name: 'cooperative',
  about:
    'cooperative assignor: when a second member joins, the first is told to give up the two partitions that the second gets, and no other; when it leaves, the second gets them back and gives up none',
  run: (context) =>
    GroupWork.with(context, 4, async (work) => {
      const first = work.join({ assignor: 'cooperative' })
      await work.assigned(4, [first, 4])
      await work.sendUpTo(400)
      const second = work.join({ assignor: 'cooperative' })
      await work.assigned(4, [first, 2], [second, 2])
      const given = [...first.revoked].sort().join()
      check(given === second.assigned?.join(), `the first gave up ${given}, the second has ${second}`)
      await work.sendUpTo(700)
      await first.leave()
      await work.assigned(4, [second, 4])
      check(second.revoked.length === 0, `the second gave up ${second.revoked.join()}`)
      await work.sendUpTo(1000)
      await second.leave()
      return { facts: '4, 2 + 2, 4 partitions; 2 given up; 1000 records', varying: `${work.duplicates()} seen twice` }
    }),
}
