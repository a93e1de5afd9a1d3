import type { ClientProgram } from '../client-program.ts'
import { aiokafka } from './aiokafka.ts'
import { confluentKafka } from './confluent-kafka.ts'
import { confluentKafkaJavascript } from './confluent-kafka-javascript.ts'
import { franzGo } from './franz-go.ts'
import { java } from './java.ts'
import { kafkaGo } from './kafka-go.ts'
import { kafkajs } from './kafkajs.ts'
import { kafkaPython } from './kafka-python.ts'
import { kcat } from './kcat.ts'
import { platformatic } from './platformatic.ts'
import { sarama } from './sarama.ts'

/** The clients, in the order in which they run and stand in the matrix. */
export const clientPrograms: readonly ClientProgram[] = [
  java('4.3.1'),
  java('3.9.2'),
  java('2.8.2'),
  confluentKafka,
  kcat,
  kafkaPython,
  aiokafka,
  franzGo,
  sarama,
  kafkaGo,
  kafkajs,
  platformatic,
  confluentKafkaJavascript,
]
