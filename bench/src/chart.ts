import type { DeliverRow } from './deliver.js';
import type { Row } from './table.js';

interface Bar {
  readonly label: string;
  readonly value: number;
  readonly subject: string;
}

const WIDTH = 720;
const LABEL_WIDTH = 270;
const BAR_HEIGHT = 18;
const GAP = 6;
const COLORS: Readonly<Record<string, string>> = { ceiling: '#9aa4b2', naive: '#d9822b', gateway: '#2563eb' };

/** Two groups of bars: events accepted and events delivered a second. Readable on light and dark pages. */
export function chart(accept: readonly Row[], delivered: readonly DeliverRow[]): string {
  const groups = [
    {
      title: 'Accepted events/s (fsync always)',
      bars: accept.map((row) => bar(row.case, row.subject, row.eventsPerSecond)),
    },
    {
      title: 'Deliveries/s, end to end',
      bars: delivered.map((row) => bar(row.case.split(',')[0] ?? '', row.subject, row.deliveriesPerSecond)),
    },
  ];
  let y = 0;
  const parts: string[] = [];
  for (const { title, bars } of groups) {
    y += 26;
    parts.push(text(0, y, title, 'font-weight="600"'));
    y += 10;
    const most = Math.max(1, ...bars.map(({ value }) => value));
    for (const each of bars) {
      parts.push(...drawn(each, y, most));
      y += BAR_HEIGHT + GAP;
    }
  }
  const style = 'font-family="system-ui, sans-serif" font-size="12"';
  const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 8}" role="img" ${style}>`;
  return `${open}\n<title>Throughput of the gateway beside the ceiling and a naive build</title>\n${parts.join('\n')}\n</svg>\n`;
}

const bar = (label: string, subject: string, value: number): Bar => ({
  label: `${label} — ${subject}`,
  subject,
  value,
});

function drawn({ label, subject, value }: Bar, y: number, most: number): string[] {
  const width = Math.max(1, (value / most) * (WIDTH - LABEL_WIDTH - 90));
  const color = COLORS[subject] ?? '#2563eb';
  const middle = y + BAR_HEIGHT - 5;
  return [
    text(0, middle, label),
    `<rect x="${LABEL_WIDTH}" y="${y}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}" rx="2" fill="${color}"/>`,
    text(LABEL_WIDTH + width + 6, middle, Math.round(value).toLocaleString('en-US')),
  ];
}

const text = (x: number, y: number, content: string, more = ''): string =>
  `<text x="${x.toFixed(0)}" y="${y}" fill="#7d8590" ${more}>${content}</text>`;
