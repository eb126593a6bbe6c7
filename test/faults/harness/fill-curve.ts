import type { FillResult, Sample } from './fill.js';

/** Rows that a table shows of a curve. */
const ROWS = 16;

const mebibytes = (bytes: number): string => (bytes / 1_048_576).toFixed(1);

/** Markdown, so that it can be quoted as it is. */
export function fillTable({ curve, ...result }: FillResult): string {
  const lines = [
    '| Seconds | Phase | Queued MiB | Redis MiB | Gateway RSS MiB | Ready | Acknowledged | Delivered |',
    '| ---: | --- | ---: | ---: | ---: | --- | ---: | ---: |',
    ...thinned(curve).map(row),
  ];
  const { acknowledged, refused, lost, deliveredAgain, culprits, recoveredMs } = result;
  return (
    `${lines.join('\n')}\n\n${acknowledged} events acknowledged, ${refused} requests refused, ` +
    `ready named ${culprits.join(', ')}; accepted again ${(recoveredMs / 1_000).toFixed(1)} s after the destination was ` +
    `back; ${lost} lost, ${deliveredAgain} delivered again.`
  );
}

function row({ atMs, phase, queuedBytes, redisUsedBytes, gatewayRssBytes, isReady, acknowledged, delivered }: Sample) {
  const figures = [queuedBytes, redisUsedBytes, gatewayRssBytes].map(mebibytes).join(' | ');
  const seconds = (atMs / 1_000).toFixed(1);
  return `| ${seconds} | ${phase} | ${figures} | ${isReady ? 'yes' : 'no'} | ${acknowledged} | ${delivered} |`;
}

/** The first and last of each phase, and some between. */
function thinned(curve: readonly Sample[]): readonly Sample[] {
  const every = Math.max(1, Math.ceil(curve.length / ROWS));
  return curve.filter(({ phase }, n) => {
    const isEdge = curve[n - 1]?.phase !== phase || curve[n + 1]?.phase !== phase;
    return isEdge || n % every === 0;
  });
}
