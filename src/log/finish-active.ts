import type { LogParts } from './log-parts.ts'

/** Leaves the newest segment as a clean start expects it: its indexes whole, and no room behind what is written. */
export async function finishActive({ segments, files, settings }: LogParts): Promise<void> {
  const { active } = segments
  active.addTimeEntry()
  await active.offsetIndex.finish(files)
  await active.timeIndex.finish(files)
  if (settings.preallocate && active.isCreated) {
    await files.use(active.path, (file) => file.truncate(active.writtenBytes))
  }
}
