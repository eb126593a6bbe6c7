/** The ways in which a text could give a secret away. */
export function spellingsOf(secret: string): ReadonlyMap<string, string> {
  const bytes = Buffer.from(secret);
  // In the middle of a longer text base64 looks different by where the secret begins; its edges depend on the neighbours.
  const shifted = [0, 1, 2].map((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    return whole.slice(shift === 0 ? 0 : shift + 1, -1);
  });
  return new Map([
    ['clear', secret],
    ['JSON', JSON.stringify(secret).slice(1, -1)],
    ['URL-encoded', encodeURIComponent(secret)],
    ['hex', bytes.toString('hex')],
    ['reversed', [...secret].reverse().join('')],
    ...shifted.map((text, shift) => [`base64, ${shift} bytes in`, text] as const),
    ...shifted.map(
      (text, shift) => [`base64url, ${shift} bytes in`, text.replaceAll('+', '-').replaceAll('/', '_')] as const,
    ),
  ]);
}

export interface Output {
  readonly where: string;
  readonly text: string;
}

/** `<secret's name>, <spelling>, in <where>` for everything that was given away. */
export function leaks(secrets: Readonly<Record<string, string>>, outputs: readonly Output[]): readonly string[] {
  const lower = outputs.map(({ where, text }) => ({ where, text, folded: text.toLowerCase() }));
  return Object.entries(secrets).flatMap(([name, secret]) =>
    [...spellingsOf(secret)].flatMap(([spelling, looks]) =>
      lower
        .filter(({ text, folded }) => (spelling === 'hex' ? folded : text).includes(looks))
        .map(({ where }) => `${name}, ${spelling}, in ${where}`),
    ),
  );
}
