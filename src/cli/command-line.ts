import { InvalidArgumentError } from 'commander'
import type { BrokerAddress } from '../client/broker-connection.ts'

/** Examples at the end of a command's help. */
export function examples(...lines: string[]): string {
  return `\n${lines.length === 1 ? 'Example:' : 'Examples:'}\n${lines.map((line) => `  $ ${line}`).join('\n')}`
}

export function positiveInteger(text: string): number {
  return integerFrom(1, text)
}

export function wholeNumber(text: string): number {
  return integerFrom(0, text)
}

/** A number from 1 through `max`. */
export function upTo(max: number): (text: string) => number {
  return (text) => {
    const value = integerFrom(1, text)
    if (value > max) throw new InvalidArgumentError(`It is at most ${max}.`)
    return value
  }
}

export function port(text: string): number {
  const value = integerFrom(1, text)
  if (value > 65_535) throw new InvalidArgumentError('A port is at most 65535.')
  return value
}

/** `HOST:PORT[,HOST:PORT…]`; the port may be left out. */
export function bootstrap(text: string): BrokerAddress[] {
  return text.split(',').map((one) => {
    const match = /^(?:\[([0-9A-Fa-f:.%]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(one.trim())
    if (match === null) throw new InvalidArgumentError('It is HOST:PORT, for example 127.0.0.1:9092.')
    return { host: match[1] ?? (match[2] as string), port: port(match[3] ?? '9092') }
  })
}

/** `ID[,ID…]`, in their order. */
export function brokerIds(text: string): number[] {
  return text.split(',').map((one) => wholeNumber(one.trim()))
}

/** `NAME=VALUE`, gathered over repeated options. */
export function nameValue(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf('=')
  if (at <= 0) throw new InvalidArgumentError('It is NAME=VALUE, for example retention.ms=60000.')
  return { ...before, [text.slice(0, at).trim()]: text.slice(at + 1) }
}

/** The values of an option that is given several times. */
export function repeated(text: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), text]
}

function integerFrom(min: number, text: string): number {
  if (!/^\d{1,15}$/.test(text) || Number(text) < min)
    throw new InvalidArgumentError(`It is a whole number from ${min} on.`)
  return Number(text)
}
