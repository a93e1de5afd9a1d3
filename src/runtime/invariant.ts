/** A broken invariant of Trilog itself. Nobody catches it: the process logs it and exits, and recovery takes over. */
export class InvariantViolation extends Error {
  readonly facts: object

  constructor(message: string, facts: object) {
    super(`${message} ${JSON.stringify(facts, (_key, value) => (typeof value === 'bigint' ? `${value}` : value))}`)
    this.name = 'InvariantViolation'
    this.facts = facts
  }
}

/** On in production. `message` says what is wrong when `holds` is false; `facts` are the values that show it. */
export function invariant(holds: boolean, message: string, facts: object = {}): asserts holds {
  if (!holds) throw new InvariantViolation(message, facts)
}
