/** The cases, in the order in which they run and stand in the matrix. */
export const caseNames = [
  'admin',
  'auto-create',
  'configs',
  'records',
  'codecs',
  'null-empty',
  'large',
  'limits',
  'acks',
  'time',
  'seek',
  'delete-records',
  'resume',
  'range',
  'cooperative',
  'static',
  'idempotent-restart',
] as const

export type CaseName = (typeof caseNames)[number]
