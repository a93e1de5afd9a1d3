import type { SimWorld } from '../src/runtime/sim/sim-world.ts'

/** What is done in a run, and when. */
export interface PlannedStep<Action> {
  /** Virtual ms after everything is set up. */
  readonly atMs: number
  readonly action: Action
}

/** Does every step at its time; resolves `restMs` after the last. `steps` are in their order. */
export async function runSteps<Action>(
  world: SimWorld,
  steps: readonly PlannedStep<Action>[],
  { act, restMs }: { act: (action: Action) => void; restMs: number },
): Promise<void> {
  for (const { atMs, action } of steps) world.schedule(atMs, () => act(action))
  await world.run({ untilMs: world.nowMs + (steps.at(-1)?.atMs ?? 0) + restMs })
}
