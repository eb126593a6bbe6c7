type Release = () => Promise<void> | void;

const releases: Release[] = [];

/** Whatever is opened here is closed when the test file ends, passed or failed, the latest first. */
export function onEnd(release: Release): void {
  releases.push(release);
}

/** For programs that run without Jest. */
export async function endAll(): Promise<void> {
  const failures: unknown[] = [];
  for (let release = releases.pop(); release; release = releases.pop()) {
    await Promise.resolve()
      .then(release)
      .catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw new AggregateError(failures, 'Some test resources could not be released');
}

if (typeof afterAll === 'function') afterAll(endAll, 60_000);
