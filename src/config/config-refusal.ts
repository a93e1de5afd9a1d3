/**
 * Why a configuration is not taken. `message` names the setting and what would be right. Kafka: INVALID_CONFIG, or
 * INVALID_REQUEST where the question itself makes no sense.
 */
export interface ConfigRefusal {
  readonly code: 'invalid-config' | 'invalid-request'
  /** The setting, or null when it is the whole that is wrong. */
  readonly name: string | null
  readonly message: string
}

export function refuse(name: string | null, message: string): ConfigRefusal {
  return { code: 'invalid-config', name, message }
}
