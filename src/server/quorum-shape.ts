export const firstControllerId = 101

/**
 * Who votes in the metadata log of a cluster on one machine, by node ids from 1, and from 101 for processes that are only
 * controllers. Without controllers of their own it is the brokers: one, three, and five of five or more. Of two brokers neither
 * could go on without the other, so a third voter stands beside them.
 */
export function quorumShape(brokers: number, controllers: number): { voters: number[]; controllers: number } {
  if (controllers > 0) return { voters: idsFrom(firstControllerId, controllers), controllers }
  if (brokers === 2) return { voters: [1, 2, firstControllerId], controllers: 1 }
  const voting = brokers < 3 ? 1 : brokers < 5 ? 3 : 5
  return { voters: idsFrom(1, voting), controllers: 0 }
}

const idsFrom = (first: number, count: number): number[] => Array.from({ length: count }, (_, index) => first + index)
