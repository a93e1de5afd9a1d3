// The rows of the flights data set, in file order. Read by the producer, which sends them, and by the audit.
import { readFileSync } from 'node:fs'

/** Each row as it is sent: its number (a header), its key, its value. */
export function readRows() {
  const file = new URL('node_modules/vega-datasets/data/flights-200k.json', import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')).map((flight, row) => ({
    row,
    // The data set has no id: flights of the same distance, in order of departure, are one key.
    key: `distance-${flight.distance}`,
    value: JSON.stringify(flight),
  }))
}
