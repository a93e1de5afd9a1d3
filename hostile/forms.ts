import fc from 'fast-check'
import { mutated } from './mutation.ts'
import type { Target } from './target.ts'

/** One form of bytes that Trilog reads besides Kafka's requests and answers. */
export interface Form {
  readonly name: string
  good(): Promise<Uint8Array[]> | Uint8Array[]
  /** What it may throw at bad bytes, by name. Others have a null for them. */
  readonly refusals: readonly string[]
  read(bytes: Buffer): unknown
}

export interface FormBytes {
  readonly form: string
  readonly bytes: Buffer
}

/** What reads a form: `form.read`, but where a mistake is planted. */
export type ReaderOf = (form: Form) => Form['read']

export const readerOf: ReaderOf = ({ read }) => read

const bytesPerByte = 300

/** Bytes of several forms, each changed and read by its own reader, which may refuse them in no way but its own. */
export function formsTarget({
  forms,
  reader,
  ...about
}: Pick<Target<FormBytes>, 'name' | 'about' | 'share'> & {
  forms: readonly Form[]
  reader: ReaderOf
}): Target<FormBytes> {
  return {
    ...about,
    inputs: async () => {
      const samples = await Promise.all(
        forms.map(async ({ name, good }) => ({ name, bytes: (await good()).map((each) => Buffer.from(each)) })),
      )
      return fc.oneof(
        ...samples.map(({ name, bytes }) => fc.record({ form: fc.constant(name), bytes: mutated(bytes) })),
      )
    },
    bytesMax: ({ bytes }) => bytes.length * bytesPerByte,
    feed: async ({ form, bytes }) => {
      const known = forms.find(({ name }) => name === form) as Form
      try {
        await reader(known)(bytes)
      } catch (error) {
        if (!(error instanceof Error && known.refusals.includes(error.name))) throw error
      }
    },
  }
}
