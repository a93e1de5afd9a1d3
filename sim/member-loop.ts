import type { SimRandom } from '../src/runtime/sim/sim-random.ts'
import { type LifeSurroundings, MemberLife, type MemberPhase } from './member-life.ts'
import type { MemberFate } from './planned-members.ts'
import type { Ownership, WorkloadMember } from './tested-broker.ts'

/** What a loop needs of the run that it is in. */
export interface MemberSurroundings extends Omit<LifeSurroundings, 'member' | 'reached'> {
  readonly random: SimRandom
  readonly isStatic: boolean
  /** A process of its own, with its own connections. */
  open(): WorkloadMember
}

/** Longer than a session, and than a rebalance waits. */
const pauseMs = 2_500
/** A process that is to die while it waits does so within this. */
const waitsAtMostMs = 30

const phaseOf: Partial<Record<MemberFate, MemberPhase>> = {
  'die joining': 'joining',
  'die joined': 'joined',
  'die syncing': 'syncing',
}

/** One member of a group: its processes, one after the other, and what becomes of them. */
export class MemberLoop {
  readonly #in: MemberSurroundings
  #life: MemberLife | null = null
  /** The next process that comes to this phase dies in it. */
  #diesAt: MemberPhase | null = null
  #backMs = 0
  /** Ends the time between two processes. */
  #comeBack: () => void = () => {}
  #isCalm = false
  #isRetired = false

  constructor(surroundings: MemberSurroundings) {
    this.#in = surroundings
  }

  /** What it owns in its generation, null while it has none. */
  get owned(): Ownership | null {
    return this.#life?.owned ?? null
  }

  /** A process of it runs. */
  get isThere(): boolean {
    return this.#life !== null
  }

  get isRetired(): boolean {
    return this.#isRetired
  }

  async work(): Promise<void> {
    while (!this.#isRetired) {
      const life = new MemberLife({
        ...this.#in,
        member: this.#in.open(),
        reached: (phase) => this.#reached(life, phase),
      })
      this.#life = life
      await life.run()
      this.#life = null
      if (!this.#isCalm) await this.#away()
    }
  }

  suffer(fate: MemberFate, backMs: number): void {
    const life = this.#life
    if (life === null || this.#isCalm) return
    this.#backMs = backMs
    switch (fate) {
      case 'leave':
        this.#in.mark('member left')
        return void life.leave()
      case 'die':
        return this.#die(life)
      case 'join again':
        this.#in.mark('member wants something else')
        return life.joinAgain()
      case 'pause':
        this.#in.mark('member paused')
        return life.pause(pauseMs)
      default:
        this.#diesAt = phaseOf[fate] ?? null
        if (life.phase === 'stable') life.joinAgain()
    }
  }

  /** Nothing more happens to it by itself. One that is away comes back. */
  calm(): void {
    this.#isCalm = true
    this.#diesAt = null
    this.#comeBack()
  }

  /** It wants something else, calm or not: the others are called. */
  callAll(): void {
    this.#life?.joinAgain()
  }

  /** It leaves for good. */
  retire(): void {
    this.#isRetired = true
    this.calm()
    void this.#life?.leave()
  }

  #reached(life: MemberLife, phase: MemberPhase): void {
    if (phase !== this.#diesAt) return
    this.#diesAt = null
    if (phase === 'joined') return this.#die(life)
    const afterMs = this.#in.random.between(0, waitsAtMostMs)
    this.#in.clock.setTimer(afterMs, () => {
      if (life === this.#life && !this.#isCalm) this.#die(life)
    })
  }

  #die(life: MemberLife): void {
    this.#in.mark(`member died: ${life.phase}`)
    if (this.#in.isStatic) this.#in.mark('static member died')
    life.end()
  }

  #away(): Promise<void> {
    return new Promise((resolve) => {
      this.#comeBack = resolve
      this.#in.clock.setTimer(this.#backMs, resolve)
    })
  }
}
