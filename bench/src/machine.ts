import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

/** Of all processors together, in ticks since the start of the machine. */
interface Ticks {
  readonly all: number;
  /** A virtual machine's processor was ready to run and another machine had it. */
  readonly stolen: number;
}

const atStart = ticks();

export const machine = {
  cores: cpus().length,
  model: cpus()[0]?.model,
  memoryBytes: totalmem(),
  node: process.version,
};

/** Share of the processors' time since this process started that other machines of the same host took; 0 where nobody counts it. */
export function stolenShare(): number {
  const { all, stolen } = ticks();
  return all > atStart.all ? (stolen - atStart.stolen) / (all - atStart.all) : 0;
}

/** From the first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal. */
function ticks(): Ticks {
  try {
    const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
    const fields = line.split(/\s+/).slice(1, 9).map(Number);
    return { all: fields.reduce((sum, each) => sum + each, 0), stolen: fields[7] ?? 0 };
  } catch {
    return { all: 0, stolen: 0 };
  }
}
