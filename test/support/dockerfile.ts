/** One stage of a Dockerfile, as far as ours go. */
export interface Stage {
  readonly name: string;
  readonly steps: readonly Step[];
}

export type Step =
  | {
      readonly kind: 'copy';
      readonly fromStage: string | undefined;
      readonly sources: readonly string[];
      readonly target: string;
    }
  | { readonly kind: 'run'; readonly command: string }
  | { readonly kind: 'env'; readonly values: Readonly<Record<string, string>> }
  | { readonly kind: 'cmd'; readonly words: readonly string[] }
  /** What a container engine alone can act on. */
  | { readonly kind: 'other'; readonly word: string; readonly rest: string };

export function readDockerfile(text: string): readonly Stage[] {
  const stages: { name: string; steps: Step[] }[] = [];
  for (const line of text.split('\n')) {
    const [, word = '', rest = ''] = /^([A-Z]+) +(.*)$/.exec(line) ?? [];
    if (word === 'FROM') stages.push({ name: / AS (\S+)$/.exec(rest)?.[1] ?? '', steps: [] });
    else if (word !== '') stages.at(-1)?.steps.push(readStep(word, rest));
  }
  return stages;
}

function readStep(word: string, rest: string): Step {
  switch (word) {
    case 'COPY': {
      const words = rest.split(' ');
      const flag = words[0]?.startsWith('--from=') ? words.shift() : undefined;
      const target = words.pop() ?? '';
      return { kind: 'copy', fromStage: flag?.slice('--from='.length), sources: words, target };
    }
    case 'RUN':
      return { kind: 'run', command: rest };
    case 'ENV':
      return {
        kind: 'env',
        values: Object.fromEntries(rest.split(' ').map((pair) => pair.split('=') as [string, string])),
      };
    case 'CMD':
      return { kind: 'cmd', words: JSON.parse(rest) as string[] };
    default:
      return { kind: 'other', word, rest };
  }
}
