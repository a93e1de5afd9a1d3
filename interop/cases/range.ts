import { check } from '../records.ts'
import type { Case } from './case.ts'
import { GroupWork } from './group-work.ts'

/** A second member takes half of the partitions; when the first leaves, it takes all; every record is seen. */
export const rangeCase: Case = {
  name: 'range',
  about:
    'range assignor: one member has all four partitions; a second joins and each has two, none both; the first leaves and the second has all; every one of 1,000 records is seen',
  run: (context) =>
    GroupWork.with(context, 4, async (work) => {
      const first = work.join({ assignor: 'range' })
      await work.assigned(4, [first, 4])
      await work.sendUpTo(400)
      const second = work.join({ assignor: 'range' })
      await work.assigned(4, [first, 2], [second, 2])
      await work.sendUpTo(700)
      check(second.records.length > 0, 'the second member sees records')
      await first.leave()
      await work.assigned(4, [second, 4])
      await work.sendUpTo(1000)
      await second.leave()
      return { facts: '4, 2 + 2, 4 partitions; 1000 records', varying: `${work.duplicates()} seen twice` }
    }),
}
