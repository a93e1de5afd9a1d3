import { acksCase } from './acks.ts'
import { adminCase } from './admin.ts'
import { autoCreateCase } from './auto-create.ts'
import type { Case } from './case.ts'
import { type CaseName, caseNames } from './case-name.ts'
import { codecsCase } from './codecs.ts'
import { configsCase } from './configs.ts'
import { cooperativeCase } from './cooperative.ts'
import { deleteRecordsCase } from './delete-records.ts'
import { idempotentRestartCase } from './idempotent-restart.ts'
import { largeCase } from './large.ts'
import { limitsCase } from './limits.ts'
import { nullEmptyCase } from './null-empty.ts'
import { rangeCase } from './range.ts'
import { recordsCase } from './records.ts'
import { resumeCase } from './resume.ts'
import { seekCase } from './seek.ts'
import { staticCase } from './static.ts'
import { timeCase } from './time.ts'

const byName: Readonly<Record<CaseName, Case>> = {
  admin: adminCase,
  'auto-create': autoCreateCase,
  configs: configsCase,
  records: recordsCase,
  codecs: codecsCase,
  'null-empty': nullEmptyCase,
  large: largeCase,
  limits: limitsCase,
  acks: acksCase,
  time: timeCase,
  seek: seekCase,
  'delete-records': deleteRecordsCase,
  resume: resumeCase,
  range: rangeCase,
  cooperative: cooperativeCase,
  static: staticCase,
  'idempotent-restart': idempotentRestartCase,
}

/** In the order in which they run. */
export const cases: readonly Case[] = caseNames.map((name) => byName[name])
