import type fc from 'fast-check'

/** One thing that takes bytes from outside, and how it is judged. */
export interface Target<T> {
  readonly name: string
  /** What it is, and what is demanded of it beyond that it neither fails, hangs nor takes memory. */
  readonly about: string
  /** Its part of all inputs, beside the parts of the others. */
  readonly share: number
  /** Made when they are first needed: some are made by running something. */
  inputs(): Promise<fc.Arbitrary<T>> | fc.Arbitrary<T>
  /** Memory that one input may take while it is worked on. */
  bytesMax(input: T): number
  /** Gives the input to what is tested. What that may answer to bad input is caught in here; all that is thrown is a finding. */
  feed(input: T): Promise<void> | void
}

export type AnyTarget = Target<any>

/** What is tested did something that its target says it must not. */
export class Wrong extends Error {
  constructor(what: string) {
    super(what)
    this.name = 'Wrong'
  }
}

/** Throws `Wrong` unless it holds. */
export function demand(holds: boolean, what: string): void {
  if (!holds) throw new Wrong(what)
}
