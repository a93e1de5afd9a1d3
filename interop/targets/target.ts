/** A broker of one that the runners start, kill and start again. */
export interface Target {
  readonly name: string
  /** HOST:PORT for clients. */
  readonly bootstrap: string
  /** Whether it may answer CreateTopics before its own metadata shows the topic. */
  readonly createsLater: boolean
  /** Null when the broker is somebody else's and nothing is known of how to kill and start it. */
  readonly control: TargetControl | null
  /** Stops it cleanly and removes its data. */
  stop(): Promise<void>
}

export interface TargetControl {
  /** Ends the process at once, as kill -9 does. */
  kill(): Promise<void>
  /** Starts it again on its data; done when clients can work. */
  restart(): Promise<void>
  /** A clean stop that keeps the data. */
  halt(): Promise<void>
  /** A shell command that starts it on its data. */
  readonly startCommand: string
  /** The folder of its partitions, in Kafka's layout; null when it is not known. */
  readonly dataFolder: string | null
  /** Process ids of the broker. */
  pids(): Promise<number[]>
}

export const targetNames = ['trilog', 'kafka'] as const
export type TargetName = (typeof targetNames)[number]
