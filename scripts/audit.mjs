// Known weaknesses of what is installed to run the gateway. Exit 0: none, 1: some, 2: nobody could be asked.
import { spawnSync } from 'node:child_process';

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8' });
const answer = parsed(stdout);
const counts = answer?.metadata?.vulnerabilities;

if (!counts) {
  console.error(
    [
      "The registry's audit service did not answer, so nothing was checked.",
      `npm said: ${answer?.message ?? 'nothing'}`,
      'Try again where the registry offers /-/npm/v1/security/advisories (npm config get registry shows which one is asked).',
    ].join('\n'),
  );
  process.exit(2);
}

for (const { name, severity, range, fixAvailable } of Object.values(answer.vulnerabilities)) {
  console.log(`${severity}: ${name} ${range}${fixAvailable ? ' (a fixed version exists)' : ''}`);
}
console.log(`${counts.total} known weaknesses in ${answer.metadata.dependencies.prod} packages.`);
process.exit(counts.total > 0 ? 1 : 0);

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
