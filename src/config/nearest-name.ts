/** The known name that is nearest to `given` by edit distance, or null when none is near enough to be meant. */
export function nearestName(given: string, known: Iterable<string>): string | null {
  let nearest: string | null = null
  // Half of the letters may differ: beyond that it is another word, and naming it would mislead.
  let least = Math.floor(given.length / 2) + 1
  for (const name of known) {
    const distance = editDistance(given.toLowerCase(), name.toLowerCase(), least)
    if (distance >= least) continue
    nearest = name
    least = distance
  }
  return nearest
}

/** Insertions, removals, replacements and swaps of neighbours that turn one into the other; `bound` if there are as many. */
export function editDistance(from: string, to: string, bound = Number.MAX_SAFE_INTEGER): number {
  if (Math.abs(from.length - to.length) >= bound) return bound
  let twoBack: number[] = []
  let back = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1]
      let cost = Math.min((back[j] as number) + 1, (row[j - 1] as number) + 1, (back[j - 1] as number) + (same ? 0 : 1))
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      if (swapped) cost = Math.min(cost, (twoBack[j - 2] as number) + 1)
      row.push(cost)
    }
    twoBack = back
    back = row
  }
  return Math.min(back[to.length] as number, bound)
}
