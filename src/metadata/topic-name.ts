const longest = 249
const legal = /^[a-zA-Z0-9._-]+$/

/** Kafka's rules for the names of topics: null, or what is wrong with this one. */
export function topicNameFault(name: string): string | null {
  if (name === '') return 'a topic name may not be empty'
  if (name === '.' || name === '..') return `a topic may not be named '${name}'`
  if (name.length > longest) return `a topic name may have ${longest} characters, this one has ${name.length}`
  if (!legal.test(name)) return `'${name}' has characters other than letters, digits, '.', '_' and '-'`
  return null
}

/** Two names collide when they differ only in '.' and '_': metrics of Kafka clients cannot tell them apart. */
export function collisionKey(name: string): string {
  return name.replaceAll('.', '_')
}

export const offsetsTopicName = '__consumer_offsets'

/** The metadata log's name, as Kafka's. It is no topic of the image. */
export const metadataTopicName = '__cluster_metadata'

const commitLogPrefix = '__commit_log.'

/** The topic that the commit log of a broker group is kept as: one partition, which holds the queues of other topics. */
export const commitLogOf = (group: string): string => `${commitLogPrefix}${group}`

/** Made by the brokers themselves; clients neither write nor read it but by the topics whose queues it holds. */
export const isCommitLog = (name: string): boolean => name.startsWith(commitLogPrefix)

/** Made and written by the brokers themselves. */
export const isInternalTopic = (name: string): boolean =>
  name === offsetsTopicName || name === '__transaction_state' || isCommitLog(name)
