import { failureOf, run } from '../child.ts'

/** A command that ends well when a program, or a library with its headers, is there and can do what is needed of it. */
const askWith = {
  kcat: ['kcat', '-V'],
  java: ['java', '-version'],
  javac: ['javac', '-version'],
  mvn: ['mvn', '-v'],
  go: ['go', 'version'],
  // Debian's python3 makes no virtual environment without another package.
  python3: ['python3', '-c', 'import ensurepip'],
  'g++': ['g++', '--version'],
  make: ['make', '--version'],
  'pkg-config': ['pkg-config', '--version'],
  libssl: ['pkg-config', '--exists', 'libssl'],
  libsasl2: ['pkg-config', '--exists', 'libsasl2'],
  zlib: ['pkg-config', '--exists', 'zlib'],
  libzstd: ['pkg-config', '--exists', 'libzstd'],
} as const

/** Debian's package of it, where the name is another. */
const packageOf: Partial<Record<Program, string>> = {
  java: 'default-jdk-headless',
  javac: 'default-jdk-headless',
  mvn: 'maven',
  go: 'golang-go',
  python3: 'python3-venv',
  libssl: 'libssl-dev',
  libsasl2: 'libsasl2-dev',
  zlib: 'zlib1g-dev',
  libzstd: 'libzstd-dev',
}

type Program = keyof typeof askWith

const installMs = 600_000

/**
 * Null when these programs can be started, else why not. On Debian and its kin, as root (a throwaway machine, a
 * container), a program that is missing is installed; anywhere else the answer says what to install.
 */
export async function missingPrograms(...programs: readonly Program[]): Promise<string | null> {
  for (const program of programs) {
    if (await isThere(program)) continue
    const name = packageOf[program] ?? program
    const isRoot = process.platform === 'linux' && process.getuid?.() === 0
    if (!isRoot) return `no ${program} that works on PATH (Debian: apt-get install ${name})`
    const failure = await aptInstall(name)
    if (failure !== null) return `no ${program} that works on PATH: ${failure}`
  }
  return null
}

async function isThere(program: Program): Promise<boolean> {
  const [command, ...args] = askWith[program]
  const outcome = await run(command, args, { timeoutMs: 20_000 }).catch(() => null)
  return outcome?.code === 0
}

async function aptInstall(name: string): Promise<string | null> {
  const options = { timeoutMs: installMs, env: { DEBIAN_FRONTEND: 'noninteractive' } }
  const install = ['install', '-y', '--no-install-recommends', name]
  if ((await failureOf('apt-get', install, options)) === null) return null
  // The lists of a fresh container are empty or old.
  await failureOf('apt-get', ['update'], options)
  return failureOf('apt-get', install, options)
}
