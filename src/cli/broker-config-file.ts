import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type BrokerConfig, InvalidBrokerConfig, parseBrokerConfig } from '../config/broker-config.ts'
import { InvalidConfigFile, readConfigFile } from '../config/config-file.ts'
import { CommandFailed, sentenceOf } from './command-failed.ts'

/** The broker's settings in a YAML file. A relative folder of logs is taken from the file's own folder. */
export async function brokerConfigIn(path: string, insecureListen = false): Promise<BrokerConfig> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new CommandFailed(`No configuration can be read at ${path}: ${sentenceOf(error)}`, { cause: error })
  }
  try {
    const texts = await readConfigFile(text)
    const folders = texts['log.dirs']
    const base = dirname(resolve(path))
    if (folders !== undefined) texts['log.dirs'] = absolute(folders, base)
    if (insecureListen) texts['insecure.listen'] = 'true'
    return parseBrokerConfig(texts)
  } catch (error) {
    if (!(error instanceof InvalidBrokerConfig || error instanceof InvalidConfigFile)) throw error
    const lines = error.message.split('\n')
    const problems = lines.length === 1 ? ` ${lines[0]}` : lines.map((line) => `\n  ${line}`).join('')
    throw new CommandFailed(`${path} is no configuration that a broker can start with:${problems}`, { cause: error })
  }
}

function absolute(folders: string, base: string): string {
  return folders
    .split(',')
    .map((folder) => folder.trim())
    .map((folder) => (folder === '' ? folder : resolve(base, folder)))
    .join(',')
}
