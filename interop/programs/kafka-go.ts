import type { ClientProgram } from '../client-program.ts'
import { goProgram } from './go-program.ts'

export const kafkaGo: ClientProgram = {
  ...goProgram('kafka-go'),
  about: '[kafka-go](https://github.com/segmentio/kafka-go)',
  lacks: {
    'null-empty': 'its reader gives an empty field as none',
    'delete-records': 'no DeleteRecords',
    cooperative: 'no cooperative protocol',
    static: 'no group.instance.id',
    'idempotent-restart': 'no idempotent producer',
  },
  notes: [
    'The first write to a topic that does not exist fails and creates it; the client program tries again, as kafka-go’s own example does.',
    'Groups are read with its `ConsumerGroup`: its reader does not tell what is assigned.',
  ],
}
