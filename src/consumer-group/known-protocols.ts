import type { MemberProtocol } from './group-events.ts'

/** How many members know each protocol: a join must not have to ask all that are there. */
export class KnownProtocols {
  readonly #members = new Map<string, number>()

  add(protocols: readonly MemberProtocol[]): void {
    for (const name of namesOf(protocols)) this.#members.set(name, this.countOf(name) + 1)
  }

  remove(protocols: readonly MemberProtocol[]): void {
    for (const name of namesOf(protocols)) {
      const left = this.countOf(name) - 1
      if (left > 0) this.#members.set(name, left)
      else this.#members.delete(name)
    }
  }

  countOf(name: string): number {
    return this.#members.get(name) ?? 0
  }
}

/** A member that names a protocol twice knows it once. */
function namesOf(protocols: readonly MemberProtocol[]): ReadonlySet<string> {
  return new Set(protocols.map(({ name }) => name))
}
