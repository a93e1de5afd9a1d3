/** What a request names, each once, in the order of its first mention, and whether it is named again. */
export function onceEach<T>(items: readonly T[], keyOf: (item: T) => string): { item: T; isNamedTwice: boolean }[] {
  const named = new Map<string, { item: T; isNamedTwice: boolean }>()
  for (const item of items) {
    const key = keyOf(item)
    const before = named.get(key)
    if (before === undefined) named.set(key, { item, isNamedTwice: false })
    else before.isNamedTwice = true
  }
  return [...named.values()]
}
