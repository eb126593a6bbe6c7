import type { RoundResult } from './round.js';

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const figure = (value: number): string => value.toLocaleString('en-US');

export function progressLine(result: RoundResult, done: number, rounds: number): string {
  const {
    seed,
    injected,
    acknowledged,
    lost,
    faults,
    deliveredAgain,
    longestClosedMs,
    longestWayMs,
    repacked,
    replayed,
    erased,
    tookMs,
  } = result;
  const struck = Object.values(injected).reduce((sum, count) => sum + count, 0);
  const verdict = lost.length > 0 ? `LOST ${lost.length}` : faults.length > 0 ? 'WRONG' : 'good';
  return (
    `[${done}/${rounds}] seed ${seed}: ${verdict}, ${struck} faults, ${figure(acknowledged)} events acknowledged, ` +
    `${figure(deliveredAgain)} delivered again, ${figure(repacked)} segments repacked, ${figure(replayed)} dead letters replayed, ${figure(erased)} deliveries erased, ` +
    `longest silence ${seconds(longestClosedMs)}, longest way ${seconds(longestWayMs)}, took ${seconds(tookMs)}`
  );
}

/** Markdown, so that it can be quoted as it is. */
export function summaryTable(results: readonly RoundResult[], tookMs: number): string {
  const sum = (of: (result: RoundResult) => number): number => results.reduce((total, each) => total + of(each), 0);
  const most = (of: (result: RoundResult) => number): number => Math.max(0, ...results.map(of));
  const deliveries = sum((each) => each.deliveries);
  const again = sum((each) => each.deliveredAgain);
  const rows: readonly (readonly [string, string])[] = [
    ['Rounds, each with a seed of its own', figure(results.length)],
    ['Faults injected', figure(sum(({ injected }) => Object.values(injected).reduce((a, b) => a + b, 0)))],
    ...kindRows(results),
    ['Requests sent', figure(sum((each) => each.requests))],
    ['… of them refused or unanswered, and repeated', figure(sum((each) => each.refusals))],
    ['Events acknowledged', figure(sum((each) => each.acknowledged))],
    ['Deliveries (events × destinations)', figure(deliveries)],
    ['Dead letters (refused by the destination)', figure(sum((each) => each.deadLettered))],
    ['Erased before their delivery (events × destinations)', figure(sum((each) => each.erased))],
    ['Segments repacked while a destination was paused', figure(sum((each) => each.repacked))],
    ['Dead letters sent again, and refused again', figure(sum((each) => each.replayed))],
    ['Users whose order was looked at', figure(sum((each) => each.orderedUsers))],
    ['**Lost**', `**${figure(sum(({ lost }) => lost.length))}**`],
    ['Other faults found', figure(sum(({ faults }) => faults.length))],
    [
      'Delivered again, under the same id',
      `${figure(again)} (${((100 * again) / Math.max(deliveries, 1)).toFixed(2)} %)`,
    ],
    ['Longest time without any acknowledgement', seconds(most((each) => each.longestClosedMs))],
    ['Longest way from acknowledgement to arrival', seconds(most((each) => each.longestWayMs))],
    ['Duration', seconds(tookMs)],
  ];
  return ['| | |', '| --- | ---: |', ...rows.map(([what, value]) => `| ${what} | ${value} |`)].join('\n');
}

function kindRows(results: readonly RoundResult[]): readonly (readonly [string, string])[] {
  const kinds = new Map<string, number>();
  for (const { injected } of results) {
    for (const [kind, count] of Object.entries(injected)) kinds.set(kind, (kinds.get(kind) ?? 0) + count);
  }
  return [...kinds].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, count]) => [`… ${kind}`, figure(count)] as const);
}
