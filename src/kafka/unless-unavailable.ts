import { CoordinatorUnavailable } from '../metadata/coordinator/coordinator.ts'
import { kafkaErrors } from './errors.ts'

/** The coordinator's answer; null when it cannot decide at present, upon which a client is told to come again. */
export async function unlessUnavailable<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof CoordinatorUnavailable) return null
    throw error
  }
}

/** What a change is answered then: clients look for the controller anew, and ask again. The change may have happened or not. */
export const unavailable = {
  errorCode: kafkaErrors.NOT_CONTROLLER.code,
  errorMessage: 'the metadata log takes no changes at present',
} as const
