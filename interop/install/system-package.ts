import { failureOf, run } from '../child.ts'

/** Arguments that a program ends well with when it, and what is needed of it, is there. */
const askWith = {
  kcat: ['-V'],
  java: ['-version'],
  javac: ['-version'],
  mvn: ['-v'],
  // Debian's python3 makes no virtual environment without another package.
  python3: ['-c', 'import ensurepip'],
} as const

/** Debian's package of a program. */
const packageOf = {
  kcat: 'kcat',
  java: 'default-jdk-headless',
  javac: 'default-jdk-headless',
  mvn: 'maven',
  python3: 'python3-venv',
} as const

type Program = keyof typeof askWith

const installMs = 600_000

/**
 * Null when these programs can be started, else why not. On Debian and its kin, as root (a throwaway machine, a
 * container), a program that is missing is installed; anywhere else the answer says what to install.
 */
export async function missingPrograms(...programs: readonly Program[]): Promise<string | null> {
  for (const program of programs) {
    if (await isThere(program)) continue
    const name = packageOf[program]
    const isRoot = process.platform === 'linux' && process.getuid?.() === 0
    if (!isRoot) return `no ${program} that works on PATH (Debian: apt-get install ${name})`
    const failure = await aptInstall(name)
    if (failure !== null) return `no ${program} that works on PATH: ${failure}`
  }
  return null
}

async function isThere(program: Program): Promise<boolean> {
  const outcome = await run(program, askWith[program], { timeoutMs: 20_000 }).catch(() => null)
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
