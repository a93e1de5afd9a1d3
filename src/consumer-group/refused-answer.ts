import { joinRefused, leaveRefused, offsetsRefused, syncRefused } from './group-answers.ts'
import type { GroupAnswers, GroupRequest } from './group-events.ts'
import type { GroupRefusalCode } from './group-refusal.ts'

/** The answer to a request that no core has seen. */
export function refusedAnswer<R extends GroupRequest>(request: R, code: GroupRefusalCode): GroupAnswers[R['type']] {
  const answers = {
    join: () => joinRefused(code, request.type === 'join' ? request.memberId : ''),
    sync: () => syncRefused(code),
    // While the groups are loaded nobody is late: a member that heard otherwise would leave for nothing.
    heartbeat: () => ({ code: code === 'coordinator-loading' ? 'ok' : code }),
    leave: () => leaveRefused(code),
    commit: () => offsetsRefused(code),
    'delete-offsets': () => offsetsRefused(code),
    'delete-group': () => ({ code }),
  } satisfies { [T in keyof GroupAnswers]: () => GroupAnswers[T] }
  return answers[request.type]() as GroupAnswers[R['type']]
}
