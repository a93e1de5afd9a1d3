import type { Attack } from '../attack.ts'
import { neverRead } from './never-read.ts'
import { slowRead } from './slow-read.ts'

export const attacks: readonly Attack[] = [neverRead, slowRead]
