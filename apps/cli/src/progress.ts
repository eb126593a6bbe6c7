import { Presets, SingleBar } from 'cli-progress';
import type { Terminal } from './terminal.js';

/** How far something has got that takes its time. */
export interface Progress {
  update(done: number, note: string): void;
  stop(): void;
}

/** Where nobody watches, a line now and then. */
const LOG_EVERY_MS = 5_000;

/** A bar on a terminal, else a line every five seconds; both on standard error. `total` null: not known. */
export function showProgress(terminal: Terminal, what: string, total: number | null): Progress {
  return terminal.isWatched ? bar(what, total) : lines(terminal, what, total);
}

function bar(what: string, total: number | null): Progress {
  const format = total === null ? `${what}  {note}` : `${what}  {bar}  {percentage}%  {note}`;
  const shown = new SingleBar({ format, hideCursor: true, gracefulExit: false, barsize: 30 }, Presets.shades_classic);
  shown.start(total ?? 1, 0, { note: '' });
  return {
    update: (done, note) => shown.update(total === null ? 0 : Math.min(done, total), { note }),
    stop: () => shown.stop(),
  };
}

function lines(terminal: Terminal, what: string, total: number | null): Progress {
  let saidAt = Date.now();
  return {
    update: (done, note) => {
      if (Date.now() - saidAt < LOG_EVERY_MS) return;
      saidAt = Date.now();
      const share = total === null || total === 0 ? '' : `  ${Math.floor((100 * done) / total)}%`;
      terminal.remark(`${what}${share}  ${note}`);
    },
    stop: () => undefined,
  };
}
