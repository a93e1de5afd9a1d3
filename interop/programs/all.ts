import type { ClientProgram } from '../client-program.ts'
import { aiokafka } from './aiokafka.ts'
import { confluentKafka } from './confluent-kafka.ts'
import { java } from './java.ts'
import { kafkajs } from './kafkajs.ts'
import { kafkaPython } from './kafka-python.ts'
import { kcat } from './kcat.ts'

/** The clients, in the order in which they run and stand in the matrix. */
export const clientPrograms: readonly ClientProgram[] = [
  java('4.3.1'),
  confluentKafka,
  kcat,
  kafkaPython,
  aiokafka,
  kafkajs,
]
