export const allCodecs: readonly string[] = ['gzip', 'snappy', 'lz4', 'zstd']
