/** A figure worth reading, on the console beside the test's name. */
export function report(figure: string): void {
  process.stdout.write(`    ${figure}\n`);
}
