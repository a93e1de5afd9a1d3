import { createTopic } from '../client/topics.ts'
import { KafkaError } from '../client/kafka-error.ts'
import { withClient } from './client-session.ts'
import { bootstrap } from './command-line.ts'

const topicAlreadyExists = 36

/** One for each scheme that there is, as large as the brokers' defaults make it. */
const topics = ['isr', 'majority', 'primary-backup'].map((scheme) => {
  return { name: `demo-${scheme}`, partitions: 3, configs: { 'replication.scheme': scheme } }
})

/** Makes topics to try the cluster with. Those that are there already stay as they are. */
export async function makeDemoTopics(kafka: string): Promise<void> {
  await withClient({ bootstrap: bootstrap(kafka) }, async (client) => {
    for (const topic of topics) {
      await createTopic(client, topic).catch((error: unknown) => {
        if (!(error instanceof KafkaError && error.code === topicAlreadyExists)) throw error
      })
    }
  })
}
