const whole = new Intl.NumberFormat('en');
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

export function formatCount(count: number): string {
  return count < 100_000 ? whole.format(count) : compact.format(count);
}

/** For where there is little room: `1.6K`. */
export function formatCompact(count: number): string {
  return count < 1_000 ? whole.format(count) : compact.format(count);
}

/** Events a second; undefined: not known yet. */
export function formatRate(rate: number | undefined): string {
  if (rate === undefined) return '–';
  if (rate === 0) return '0';
  if (rate < 0.1) return '< 0.1';
  return rate < 10 ? rate.toFixed(1) : formatCount(Math.round(rate));
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit++;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit] ?? ''}`;
}

/** The largest unit: `1 h`. */
export function formatAge(ms: number): string {
  const [first = '', second = ''] = formatDuration(ms).split(' ');
  return `${first} ${second}`;
}

/** The two largest units: `1 h 5 min`; the second only if there is something of it. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return twoUnits(minutes, 'min', seconds % 60, 's');
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return twoUnits(hours, 'h', minutes % 60, 'min');
  return twoUnits(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

/** With milliseconds where they matter: `340 ms`, `2.5 s`, `3 min 5 s`. */
export function formatElapsed(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  return ms < 10_000 ? `${(ms / 1_000).toFixed(1)} s` : formatDuration(ms);
}

function twoUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

export function formatTime(iso: string): string {
  const date = new Date(iso);
  const time = date.toLocaleTimeString('en-GB');
  return `${time}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

export function formatMoment(iso: string): string {
  return new Date(iso).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
}

/** `pausedByAdmin`, `paused_by_admin` and `paused-by-admin` as people would say it. */
export function inWords(code: string): string {
  const words = code
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .toLowerCase();
  const sentence = words.charAt(0).toUpperCase() + words.slice(1);
  return sentence.replace(/\b(?:api|http|id|url)\b/gi, (word) =>
    word.toLowerCase() === 'id' ? 'ID' : word.toUpperCase(),
  );
}
