import { ClientError } from '../client-program.ts'
import { check } from '../records.ts'

/** The client's own name for an error that is due; throws when there is none, or one that does not fit. */
export async function refusalOf(work: Promise<unknown>, fits: RegExp): Promise<string> {
  const error = await work.then(
    () => null,
    (caught: unknown) => {
      if (caught instanceof ClientError) return caught
      throw caught
    },
  )
  if (error === null) throw new Error(`not refused, though ${fits} is due`)
  check(fits.test(`${error.kind} ${error.message}`), `refused for another reason than ${fits}: ${error.message}`)
  return error.kind
}
