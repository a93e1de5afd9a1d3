/** What has to happen at times in a group's runs, or they prove less than they seem to. */
export const expectedGroupMarks: readonly string[] = [
  'crash',
  'crash of the leader',
  'power-cut',
  'power-cut of the leader',
  'a leader died young',
  'partition',
  'one-way partition',
  'connection reset',
  'two believe to lead',
  'nobody to write to',
  'refused after append: not-leader',
  'log: the log is cut: its leader has something else there',
  'a suspect replica',
  'a suspect replica is trusted again',
]
