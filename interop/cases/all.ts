import type { Case } from './case.ts'
import { compressionCase } from './compression.ts'
import { createTopicCase } from './create-topic.ts'
import { groupCase } from './group.ts'
import { idempotentRestartCase } from './idempotent-restart.ts'
import { recordsCase } from './records.ts'
import { resumeCase } from './resume.ts'
import { seekTimeCase } from './seek-time.ts'

/** In the order in which they run. */
export const cases: readonly Case[] = [
  createTopicCase,
  recordsCase,
  compressionCase,
  groupCase,
  resumeCase,
  seekTimeCase,
  idempotentRestartCase,
]
